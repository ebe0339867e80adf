import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, paths, REPO } from '../../app.ts';
import { byService, serviceAsItIs } from '../../bluegreen/by-service.ts';
import { BLUE_GREEN, stories } from '../../bluegreen/stories.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** The story by the Service, which must be as it was at the end. */
async function putBack(world: World, run: Scenario['run']): Promise<void> {
  const seen = byService(world);
  let before: unknown;
  const { create } = seen.api;
  seen.api.create = async (path, object) => {
    const made = await create(path, object);
    if (path === paths(world.namespace).services) before ??= await serviceAsItIs(world);
    return made;
  };
  await run(seen);
  assert.deepEqual(await serviceAsItIs(world), before);
}

/** Somebody applies the Service again, as it is in Git, while the copy has all users. */
async function meddled(world: World): Promise<void> {
  await deployApp(world);
  const load = await world.load();
  const step = world.step({ ...BLUE_GREEN, keep: '10m' });
  await world.until('users are on the copy', () => (load.report().versions['1.1.0'] ?? 0) > 100);
  await world.api.patch(`${paths(world.namespace).services}/web`, { spec: { selector: { app: 'web' } } });
  const ended = await step.done;
  await world.sleep(1000);
  const report = await load.stop();
  assert.equal(ended.code, 1, ended.log);
  assert.match(ended.log, /ABORTED +Somebody changed the canary's weight from 100 % to 0 %\./);
  assert.deepEqual(report.failures, []);
}

/** Some users keep their connections: they stay on the old pods until these end. */
async function keptConnections(world: World): Promise<void> {
  await deployApp(world, { tag: '1.0.0-slow100' });
  const afresh = await world.load({ rate: 75 });
  const kept = await world.load({ rate: 75, by: 'kept' });
  await world.sleep(2000);
  const step = world.step(BLUE_GREEN);
  await world.until('users are on the copy', () => (afresh.report().versions['1.1.0'] ?? 0) > 100);
  await world.sleep(2000);
  assert.equal(kept.report().versions['1.1.0'] ?? 0, 0, 'who keeps a connection does not follow');
  const ended = await step.done;
  await world.sleep(1000);
  const [others, stayed] = [await afresh.stop(), await kept.stop()];
  console.log(`# on new connections ${describeLoad(others)}; on kept ones ${describeLoad(stayed)}`);
  assert.equal(ended.code, 0, ended.log);
  assertNoFailures(others, ended);
  // each connection is cut when its pod ends, and loses the request that is under way
  const lost = stayed.failures.length;
  assert.ok(lost > 0 && lost <= 40, describeLoad(stayed));
}

/** A worker, whose Service nobody calls: a check of its pods watches (docs/how-to/no-users.md). */
const WORKER = { ...BLUE_GREEN, metrics_port: '', unwatched: 'refuse', checks: 'restarts <= 0', keep: '20s' };

async function worker(world: World): Promise<void> {
  await deployApp(world);
  const step = await world.step(WORKER).done;
  assert.equal(step.code, 0, step.log);
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
}

async function badWorker(world: World): Promise<void> {
  await deployApp(world);
  const step = await world.step({ ...WORKER, tag: '1.1.0-die5' }).done;
  assert.equal(step.code, 1, step.log);
  assert.match(step.log, /ABORTED .*restarts in 4 of 4 pods of the canary/);
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
}

const told: Scenario[] = [
  ...stories,
  { name: 'somebody puts the selector back: the promotion is rolled back, and nobody notices', run: meddled },
  { name: 'a worker that nobody calls is promoted', only: 'sim', run: worker },
  { name: 'a worker that restarts is taken back', only: 'sim', run: badWorker },
  {
    name: 'users who keep their connections stay on the old pods, and are cut when these end',
    only: 'lab',
    run: keptConnections,
  },
];

export const scenarios: Scenario[] = told.map(({ name, run, ...more }, index) => ({
  ...more,
  name: `blue/green by the Service alone, ${name}`,
  // one of them is the sample
  ...(index === 0 ? {} : { inFull: true }),
  run: (world) => putBack(world, run),
}));
