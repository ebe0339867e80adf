import type { Addon } from '../e2e/addon.ts';
import { deployApp, imageOf, paths, REPO, SETTINGS } from '../e2e/app.ts';
import { ENVOY_EDGE, httpRouteOf } from '../e2e/gateway.ts';
import { VIRTUAL_SERVICE } from '../e2e/istio.ts';
import { deployRollout, rolledTo, setRolloutImage } from '../e2e/rollout/rollout.ts';
import { type ToldRouter, usersBy } from '../e2e/scenarios/gateway/told-router.ts';
import { INGRESS_ROUTE } from '../e2e/traefik.ts';
import type { World } from '../e2e/world.ts';
import { provenance, quantile } from './measure.ts';

/**
 * `npm run bench:finishes`: a good release of an app that stops at once, under 150 requests/s, brought out by each `finish` of this
 * program, by Argo Rollouts and by the Deployment alone, by turns in one lab: peak of pods, failed requests and time.
 */
const ROUNDS = Number(process.env.FINISHES_ROUNDS ?? 3);
/** `FINISHES='pace|Argo'`: only those whose name matches this regular expression. */
const ONLY = process.env.FINISHES ?? '';
const PODS = 4;
const TAG = '1.1.0';
const SAMPLE_MS = 200;
const WITHIN_MS = 300_000;

type StartWorld = (name: string, needs?: readonly Addon[]) => Promise<World & { stop(): Promise<void> }>;

interface Run {
  failed: number;
  sent: number;
  /** The most pods of the app at one moment, those that end left out. */
  peak: number;
  seconds: number;
  /** Only of a pace: from the write of stable to its last new pod. */
  updateSeconds?: number;
}

/** A way to bring a release out. */
interface Way {
  name: string;
  needs?: readonly Addon[];
  pods?: number;
  router?: Pick<ToldRouter, 'createRoute' | 'by' | 'settings'>;
  deploy?(world: World): Promise<void>;
  promote(world: World): Promise<Pick<Run, 'updateSeconds'>>;
}

const ours = (name: string, settings: object, more: Partial<Way> = {}): Way => ({
  name: `drone-promote, ${name}`,
  ...more,
  async promote(world) {
    const { log, code } = await world.step({ ...SETTINGS, ...settings }, { DRONE_TAG: `v${TAG}` }).done;
    if (code !== 0 || (await imageOf(world)) !== `${REPO}:${TAG}`) throw new Error(log);
    const [begun, ended] = [
      /^(\S+) +stage +update stable/m,
      /^(\S+) +stage +(?:back to stable|clean up)/m,
    ].map((line) => secondsOf(line.exec(log)?.[1]));
    return begun === undefined || ended === undefined ? {} : { updateSeconds: ended - begun };
  },
});

const PACE = { steps: ['25% 2s'], finish: 'pace' };

const WAYS: readonly Way[] = [
  ours('`finish: shift`', { steps: ['25% 2s'], finish: 'shift' }),
  ours('`finish: pace`', PACE),
  // the node of the lab takes 60 pods
  ours('`finish: pace`, 50 pods', { ...PACE, steps: ['10% 2s'], timeout: '5m' }, { pods: 50 }),
  ours('`finish: roll`', { steps: ['25% 2s'], finish: 'roll' }),
  ours('`strategy: bluegreen`', { strategy: 'bluegreen', keep: '2s', steps: undefined }),
  ours('`finish: pace`, Traefik', PACE, {
    needs: ['traefik'],
    router: { ...INGRESS_ROUTE, by: 'traefik', settings: { controller_namespace: 'traefik' } },
  }),
  ours('`finish: pace`, Envoy Gateway', PACE, {
    needs: ['envoy-gateway'],
    router: { ...httpRouteOf(ENVOY_EDGE), by: 'envoy-gateway' },
  }),
  ours('`finish: pace`, Istio', PACE, { needs: ['istio'], router: { ...VIRTUAL_SERVICE, by: 'istio' } }),
  {
    name: 'Argo Rollouts 1.9.2, canary with `dynamicStableScale`',
    needs: ['argo-rollouts'],
    deploy: (world) =>
      deployRollout(world, {
        template: 'own',
        steps: [{ setWeight: 25 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { setWeight: 100 }],
        canary: { dynamicStableScale: true },
      }),
    async promote(world) {
      await setRolloutImage(world, 'own', TAG);
      await world.until('every user is on the release', () => rolledTo(world, TAG), WITHIN_MS);
      return {};
    },
  },
  {
    name: 'the Deployment’s own rolling update',
    async promote(world) {
      const path = `${paths(world.namespace).deployments}/web`;
      const found = await world.api.get(path);
      const [container] = found?.spec.template.spec.containers ?? [];
      const containers = [{ ...container, image: `${REPO}:${TAG}` }];
      await world.api.patch(path, { spec: { template: { spec: { containers } } } });
      await world.until('all pods are new', async () => {
        const { metadata, spec, status } = (await world.api.get(path)) ?? {};
        return (
          status?.observedGeneration === metadata?.generation &&
          status?.updatedReplicas === spec?.replicas &&
          status?.replicas === spec?.replicas &&
          status?.availableReplicas === spec?.replicas
        );
      });
      return {};
    },
  },
];

/** Prints the table as Markdown; each run is told as it ends. */
export async function compareFinishes(startWorld: StartWorld): Promise<void> {
  console.log(
    `${provenance('npm run bench:finishes')}, ${ROUNDS} rounds by turns; 150 requests/s, ${PODS} pods; median and all.\n`,
  );
  const ways = WAYS.filter(({ name }) => new RegExp(ONLY).test(name));
  const runs = new Map<Way, Run[]>(ways.map((way) => [way, []]));
  let count = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ways) {
      const run = await runOnce(startWorld, `finish-${++count}`, way);
      runs.get(way)?.push(run);
      console.log(`- ${way.name}: ${JSON.stringify(run)}`);
    }
  }
  console.log(
    '\n| | failed requests | most pods | time, s | of it the update, s a pod |\n|---|---|---|---|---|',
  );
  for (const [way, found] of runs) console.log(row(way, found));
}

async function runOnce(startWorld: StartWorld, name: string, way: Way): Promise<Run> {
  const plain = await startWorld(name, way.needs);
  const world = way.router ? usersBy(plain, way.router) : plain;
  try {
    await (way.deploy ?? ((at: World) => deployApp(at, { replicas: way.pods ?? PODS })))(world);
    const load = await world.load();
    let peak = 0;
    let over = false;
    const sampling = (async () => {
      for (; !over; await world.sleep(SAMPLE_MS)) peak = Math.max(peak, await countPods(world));
    })();
    const begun = performance.now();
    const told = await way.promote(world);
    const seconds = (performance.now() - begun) / 1000;
    // the router follows late, and pods that were left end
    await world.sleep(5_000);
    over = true;
    await sampling;
    const { sent, failures } = await load.stop();
    return { failed: failures.length, sent, peak, seconds, ...told };
  } finally {
    await plain.stop();
  }
}

async function countPods(world: World): Promise<number> {
  const pods = await world.api.list(paths(world.namespace).pods);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
}

/** Of a time of the day, such as `12:00:01`. */
function secondsOf(time: string | undefined): number | undefined {
  if (time === undefined) return undefined;
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}

function row({ name, pods = PODS }: Way, runs: readonly Run[]): string {
  const cell = (pick: (run: Run) => number | undefined, digits: number) => {
    const values = runs.flatMap((run) => pick(run) ?? []).sort((a, b) => a - b);
    if (values.length === 0) return '';
    const show = (value: number) => value.toFixed(digits);
    return `**${show(quantile(values, 0.5))}** (${values.map(show).join(', ')})`;
  };
  const cells = [
    cell(({ failed }) => failed, 0),
    cell(({ peak }) => peak, 0),
    cell(({ seconds }) => seconds, 0),
    name.includes('pace') ? cell(({ updateSeconds }) => updateSeconds && updateSeconds / pods, 1) : '',
  ];
  return `| ${name} | ${cells.join(' | ')} |`;
}
