import assert from 'node:assert/strict';
import { deployApp, paths } from '../../app.ts';
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
  const load = world.load();
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

const told = [
  ...stories,
  { name: 'somebody puts the selector back: the promotion comes down, and nobody notices', run: meddled },
];

export const scenarios: Scenario[] = told.map(({ name, run }, index) => ({
  name: `blue/green by the Service alone, ${name}`,
  // one of them is the sample
  ...(index === 0 ? {} : { inFull: true }),
  run: (world) => putBack(world, run),
}));
