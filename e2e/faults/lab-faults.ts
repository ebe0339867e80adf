import { deployApp, imageOf, leftovers, paths, REPO, SETTINGS } from '../app.ts';
import type { Load, Step, World } from '../world.ts';

/** One fault of one promotion on the lab, and what came of it. */
export interface FaultResult {
  fault: string;
  /** The last line of the step's log at that moment. */
  at: string;
  /** `promoted`, `as it was`, or what is wrong. */
  end: string;
  sent: number;
  /** Requests of users that failed. */
  failed: number;
  /** From the fault to weight 0, where users were on the canary and it came down; milliseconds. */
  toWeightZeroMs?: number;
}

type StartWorld = (name: string) => Promise<World & { stop(): Promise<void> }>;

const LEASE_MS = 5_000;
const KILLS = Number(process.env.FAULT_KILLS ?? 30);
/** With `pace`, the step is killed while stable is rolled, and there are no other faults. */
const FINISH = process.env.FAULT_FINISH === 'pace' ? 'pace' : 'shift';
const ROUNDS_AT_ONCE = 5;
/** Over the steps and the shift of a promotion, up to where stable is written or soon after. */
export const KILLS_OVER_MS = 30_000;

const settingsOf = (world: World) => ({
  ...SETTINGS,
  steps: ['20% 2s', '60% 2s'],
  finish: FINISH,
  guard: true,
  guard_image: world.guardImage,
  lease: `${LEASE_MS / 1000}s`,
});

/** A promotion of 1.1.0 under 150 requests/s, with a fault in it, until nothing of it is under way any more. */
async function faulted(
  world: World,
  fault: string,
  act: (world: World, step: Step, load: Load) => Promise<{ at: string; toWeightZeroMs?: number }>,
): Promise<FaultResult> {
  await deployApp(world);
  const load = await world.load();
  const step = world.step(settingsOf(world));
  const told = await act(world, step, load);
  await step.done;
  await world.until('nothing is under way', async () => !(await isOpen(world)));
  await world.sleep(2000);
  const { sent, failures } = await load.stop();
  return { fault, ...told, end: await endOf(world), sent, failed: failures.length };
}

/** Whether the record of a promotion is there. */
async function isOpen(world: World): Promise<boolean> {
  const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-web`);
  // a step that was killed before its first write has left none
  return lease?.metadata.annotations?.['drone-promote/record'] !== undefined;
}

async function endOf(world: World): Promise<string> {
  const left = await leftovers(world);
  const image = await imageOf(world);
  const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
  if (left.length > 0) return `WRONG: ${left.join(', ')} left over`;
  if (web?.status?.availableReplicas !== 4)
    return `WRONG: ${web?.status?.availableReplicas} of 4 pods available`;
  if (web.metadata.annotations?.['drone-promote/held-pace'] || web.spec.minReadySeconds)
    return 'WRONG: the pace is left on stable';
  const pods = (await world.api.list(paths(world.namespace).pods)).filter(
    ({ metadata }) => metadata.labels?.app === 'web-leaving',
  );
  if (pods.length > 0) return `WRONG: ${pods.length} pods that left their Services are left over`;
  if (image === `${REPO}:1.1.0`) return 'promoted';
  return image === `${REPO}:1.0.0` ? 'as it was' : `WRONG: ${image}`;
}

async function weightOf(world: World): Promise<number> {
  const canary = await world.api.get(`${paths(world.namespace).ingresses}/web-canary`);
  return Number(canary?.metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'] ?? 0);
}

/** Where users were on the canary and stable was not written: how long it takes until the router is told weight 0. */
async function toWeightZero(world: World): Promise<{ toWeightZeroMs?: number }> {
  const begun = world.now();
  if ((await weightOf(world)) === 0 || (await imageOf(world)) !== `${REPO}:1.0.0`) return {};
  await world.until('weight 0', async () => (await weightOf(world)) === 0);
  return { toWeightZeroMs: world.now() - begun };
}

function lastLine(step: Step): string {
  const lines = step
    .log()
    .split('\n')
    .filter((line) => /^\d\d:\d\d:\d\d /.test(line));
  return (lines.at(-1) ?? 'before its first line').replace(/^\S+ (\S+) +/, '$1 ').slice(0, 70);
}

async function killedAfter(world: World, ms: number): Promise<FaultResult> {
  return faulted(world, 'SIGKILL', async (_, step) => {
    if (FINISH === 'pace')
      await world.until('stable is written', async () => (await imageOf(world)) !== `${REPO}:1.0.0`);
    await Promise.race([world.sleep(ms), step.done]);
    const at = lastLine(step);
    step.kill();
    return { at, ...(await toWeightZero(world)) };
  });
}

/** Stopped for longer than the lease while users are on the canary, then continued: the guard has taken over, the step must not act. */
async function paused(world: World): Promise<FaultResult> {
  return faulted(world, `SIGSTOP for ${(LEASE_MS * 3) / 1000}s, then SIGCONT`, async (_, step, load) => {
    await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 50);
    const at = lastLine(step);
    step.pause?.();
    const told = await toWeightZero(world);
    await world.sleep(Math.max(0, LEASE_MS * 3 - (told.toWeightZeroMs ?? 0)));
    step.resume?.();
    return { at, ...told };
  });
}

async function restarted(
  world: World,
  program: 'kube-apiserver' | 'etcd',
  downMs: number,
): Promise<FaultResult> {
  return faulted(world, `${program} killed, back after ${downMs / 1000}s`, async (_, step, load) => {
    await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 50);
    const at = lastLine(step);
    await world.programs?.restart(program, downMs);
    return { at };
  });
}

/** Two builds in the same second: one acts, the other exits with 2 and names the first. */
async function twoAtOnce(world: World): Promise<FaultResult> {
  return faulted(world, 'two promotions at once', async (_, step) => {
    const other = world.step(settingsOf(world), { DRONE_BUILD_NUMBER: '78' });
    const [first, second] = await Promise.all([step.done, other.done]);
    const codes = [first.code, second.code].sort().join(' and ');
    const refused = first.code === 2 ? first : second;
    const names = /is being promoted by build 7[78] by ann/.test(refused.log);
    return {
      at:
        codes === '0 and 2' && names ? 'one acts, the other is refused and names it' : `WRONG: exit ${codes}`,
    };
  });
}

const OTHERS: readonly ((world: World) => Promise<FaultResult>)[] = [
  ...Array.from({ length: 2 }, () => paused),
  (world) => restarted(world, 'kube-apiserver', 2_000),
  (world) => restarted(world, 'kube-apiserver', 12_000),
  (world) => restarted(world, 'etcd', 2_000),
  (world) => restarted(world, 'etcd', 12_000),
  ...Array.from({ length: ROUNDS_AT_ONCE }, () => twoAtOnce),
];

/** All faults of this shard, one after another, each in a world of its own. */
export async function runLabFaults(
  startWorld: StartWorld,
  { shard, shards }: { shard: number; shards: number },
): Promise<FaultResult[]> {
  // spread over the promotion, a random moment in each part of it
  const kills = Array.from(
    { length: KILLS },
    (_, index) => ((index + Math.random()) * KILLS_OVER_MS) / KILLS,
  );
  const all: ((world: World) => Promise<FaultResult>)[] = [
    ...kills.map((ms) => (world: World) => killedAfter(world, ms)),
    ...(FINISH === 'pace' ? [] : OTHERS),
  ];
  const results: FaultResult[] = [];
  for (const [index, run] of all.entries()) {
    if (index % shards !== shard - 1) continue;
    const world = await startWorld(`fault-${index + 1}`);
    try {
      results.push(await run(world));
    } catch (error) {
      results.push({ fault: `fault ${index + 1}`, at: '', end: `WRONG: ${error}`, sent: 0, failed: 0 });
    } finally {
      await world.stop();
    }
    console.error(`fault ${index + 1} of ${all.length}: ${JSON.stringify(results.at(-1))}`);
  }
  return results;
}
