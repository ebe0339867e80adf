import assert from 'node:assert/strict';
import { asItWas, assertNoFailures, deployApp, describeLoad, paths, SETTINGS } from '../../app.ts';
import { byHttpRoute, ownOf, routesPath, weightsOf } from '../../gateway.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';
import { scenarios as badRelease } from '../judging/bad-release.ts';
import { scenarios as abort } from '../native/abort.ts';
import { scenarios as guard } from '../native/guard.ts';
import { scenarios as hold } from '../native/hold.ts';
import { scenarios as pace } from '../native/pace.ts';
import { scenarios as promote } from '../native/promote.ts';
import { scenarios as rollback } from '../native/rollback.ts';

/** The stories that are told by an HTTPRoute, too: one of each kind. */
const TOLD =
  /^(a good release is promoted|a hold ends the step|a running promotion is aborted|after stable was written, an abort|a step that is killed is brought down|a rollback by steps|a release that fails half|a release that begins to fail|pace: (stable is rolled|aborted while|a step that is killed|a rollback without))/;

/** The story by an HTTPRoute, which must be as it was at the end. */
async function putBack(world: World, run: Scenario['run']): Promise<void> {
  const seen = byHttpRoute(world);
  let before: unknown;
  const { create } = seen.api;
  seen.api.create = async (path, object) => {
    const made = await create(path, object);
    if (path === paths(world.namespace).ingresses) before ??= await ownOf(world);
    return made;
  };
  await run(seen);
  assert.deepEqual(await ownOf(world), before);
}

/** Somebody gives all users to stable while the canary has half of them. */
async function meddled(world: World): Promise<void> {
  await deployApp(world);
  const load = world.load();
  const step = world.step({ ...SETTINGS, steps: ['50% 1m'] });
  await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
  const route = await world.api.get(`${routesPath(world.namespace)}/web`);
  const [rule] = route?.spec.rules ?? [];
  const backendRefs = rule.backendRefs.map((ref: { name: string }) => ({
    ...ref,
    weight: ref.name === 'web' ? 100 : 0,
  }));
  await world.api.patch(`${routesPath(world.namespace)}/web`, {
    spec: { rules: [{ ...rule, backendRefs }] },
  });
  const ended = await step.done;
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assert.equal(ended.code, 1, ended.log);
  assert.match(ended.log, /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./);
  assertNoFailures(report, ended);
  await asItWas(world);
  assert.deepEqual(await weightsOf(world), [{ web: 3 }]);
}

/** Testers come by a route of our own, which Traefik prefers. */
async function tested(world: World): Promise<void> {
  await deployApp(world);
  const load = world.load();
  const step = world.step({ ...SETTINGS, steps: ['1% 1m'], first_contact: false, header: 'X-Canary=tester' });
  await world.until('1 %', () => step.log().includes('1 % of the users'));
  const testers = await world.api.get(`${routesPath(world.namespace)}/web-canary`);
  assert.deepEqual(testers?.spec.rules[0].matches[0].headers, [
    { type: 'Exact', name: 'X-Canary', value: 'tester' },
  ]);
  await world.until('Traefik has accepted it', async () => {
    const { status } = (await world.api.get(`${routesPath(world.namespace)}/web-canary`)) ?? {};
    return status?.parents?.[0]?.conditions?.some((each: { status: string }) => each.status === 'True');
  });
  step.terminate();
  const ended = await step.done;
  assertNoFailures(await load.stop(), ended);
  await asItWas(world);
  assert.equal((await world.api.list(routesPath(world.namespace))).length, 1);
}

const stories: Scenario[] = [...promote, ...hold, ...abort, ...guard, ...rollback, ...pace, ...badRelease]
  .filter(({ name }) => TOLD.test(name))
  .concat(
    { name: 'somebody edits the weights: the promotion comes down, and the route is put back', run: meddled },
    { name: 'testers come by a route of our own, which goes with the canary', run: tested },
  );

export const scenarios: Scenario[] = stories.map(({ name, run }) => ({
  name: `by an HTTPRoute, ${name}`,
  only: 'lab',
  needs: ['traefik'],
  run: (world) => putBack(world, run),
}));
