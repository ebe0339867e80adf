import assert from 'node:assert/strict';
import { asItWas, imageOf, leftovers, paths, REPO, SETTINGS } from '../../app.ts';
import { patience } from '../../patience.ts';
import type { Scenario } from '../../scenario.ts';
import type { StepResult, World } from '../../world.ts';
import { isFoundBad } from './found-bad.ts';
import { lag } from './lag.ts';
import { PACED } from './pace-stories.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { shares } from './shares.ts';
import { lowOf, type Story, type ToldRouter, topOf, underLoad, usersBy, weightsOf } from './told-router.ts';

type StoryName = keyof typeof STORIES;

/** A short lease, so that the stories are short. */
const LEASE_MS = 5_000;
/** A guard has this long after the lease, and as long for the router to follow. */
const GUARD_MS = 3_000;

/** Steps that take a moment each. */
const shortly = (router: ToldRouter, build = '1.1.0') => ({
  settings: { ...SETTINGS, steps: weightsOf(router).map((weight) => `${weight}% 2s`) },
  build: { DRONE_TAG: `v${build}` },
});
/** A step that lasts until something happens. */
const lasting = (router: ToldRouter) => ({ ...SETTINGS, steps: [`${topOf(router)}% 10m`] });

/** The stories that are told of each router: the columns of the matrix. */
const STORIES = {
  promote: {
    name: 'a good release is promoted, and no user notices',
    run: underLoad(async (world, router) => {
      const { settings, build } = shortly(router);
      const step = await world.step(settings, build).done;
      await assertPromoted(world, step);
      return step;
    }),
  },
  'bad release': {
    name: 'a release that fails half of its requests is found',
    run: (world, router) => isFoundBad(world, router, '1.1.0-err50'),
  },
  'late fault': {
    name: 'a release that begins to fail after a while is found',
    run: (world, router) => isFoundBad(world, router, '1.1.0-leak12', { cost: 'late' }),
  },
  abort: {
    name: 'a running promotion is aborted by a second step',
    run: underLoad(async (world, router, users) => {
      const first = world.step(lasting(router));
      await users();
      const abort = { ...SETTINGS, action: 'abort' };
      const second = await world.step(abort, { DRONE_BUILD_NUMBER: '78' }).done;
      const ended = await first.done;
      assert.equal(second.code, 0, second.log);
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +Aborted by build 78 .*\n +Production is as it was/);
      await asItWas(world);
      return ended;
    }),
  },
  hold: {
    name: 'a hold ends the step, and the next promotion goes on',
    run: underLoad(async (world, router) => {
      const settings = { ...SETTINGS, steps: [`${lowOf(router)}% 1s`, 'hold', `${topOf(router)}% 1s`] };
      const held = await world.step(settings).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      await world.sleep(10_000);
      const step = await world.step(settings, { DRONE_BUILD_NUMBER: '78' }).done;
      assert.match(step.log, /resumed +\S+:1\.1\.0 continues at/);
      await assertPromoted(world, step);
      return step;
    }),
  },
  rollback: {
    name: 'a rollback by steps goes up like a promotion',
    run: underLoad(async (world, router) => {
      const rollback = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.1.0' };
      const settings = { ...SETTINGS, rollback_steps: [`${topOf(router)}% 1s`] };
      const step = await world.step(settings, rollback).done;
      assert.match(step.log, new RegExp(`${topOf(router)} % of the users on the canary`));
      await assertPromoted(world, step);
      return step;
    }),
  },
  guard: {
    name: 'a step that is killed is brought down by its guard',
    run: underLoad(async (world, router, users, report) => {
      const guarded = { guard: true, guard_image: world.guardImage, lease: `${LEASE_MS / 1000}s` };
      const step = world.step({ ...lasting(router), ...guarded });
      await users();
      step.kill();
      const killedAt = world.now();
      const jobs = paths(world.namespace).jobs;
      await world.until(
        'the guard has ended',
        async () => (await world.api.list(jobs))[0]?.status?.succeeded === 1,
      );
      const ms = (report().spans['1.1.0']?.[1] ?? 0) - killedAt;
      console.log(`# the last user on the canary ${(ms / 1000).toFixed(1)}s after the kill`);
      assert.ok(ms <= (LEASE_MS + 2 * GUARD_MS) * patience(world), `${ms} ms`);
      await asItWas(world);
      return step.done;
    }),
  },
  'dry run': {
    name: 'a dry run writes nothing',
    run: underLoad(async (world, router) => {
      const before = await versionsIn(world);
      const { settings, build } = shortly(router);
      const step = await world.step({ ...settings, dry_run: true }, build).done;
      assert.deepEqual(await versionsIn(world), before);
      assert.equal(step.outputs.PROMOTE_OUTCOME, 'shown', step.log);
      assert.match(step.log, /SHOWN +Dry run: .* would make \d+ writes\. Nothing was written\./);
      return step;
    }),
  },
  resume: {
    name: 'a step that is killed is resumed by the same build',
    run: underLoad(async (world, router, users) => {
      const { settings, build } = shortly(router);
      const first = world.step({ ...lasting(router), lease: `${LEASE_MS / 1000}s` });
      await users();
      first.kill();
      await first.done;
      const step = await world.step({ ...settings, lease: `${LEASE_MS / 1000}s` }, build).done;
      await assertPromoted(world, step);
      return step;
    }),
  },
  edit: {
    name: 'somebody edits the route: the promotion is rolled back, and the route is put back',
    run: underLoad(async (world, router, users) => {
      const step = world.step(lasting(router));
      await users();
      await router.edit.act(world);
      const ended = await step.done;
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, router.edit.expected);
      await asItWas(world);
      return ended;
    }),
  },
  'two at once': {
    name: 'of two promotions that begin at once one acts, and the other is refused',
    run: underLoad(async (world, router) => {
      const { settings, build } = shortly(router);
      const both = [{}, { DRONE_BUILD_NUMBER: '78' }].map((more) =>
        world.step(settings, { ...build, ...more }),
      );
      const ended = await Promise.all(both.map(({ done }) => done));
      assert.deepEqual(ended.map(({ code }) => code).sort(), [0, 2], ended.map(({ log }) => log).join('\n'));
      const step = ended.find(({ code }) => code === 0) as StepResult;
      await assertPromoted(world, step);
      return step;
    }),
  },
} as const satisfies Record<string, Story>;

/** What is measured of a router that can send any share of the users. */
const MEASURED: readonly Story[] = [shares, lag];

/**
 * All stories of a router, as scenarios of the lab.
 *
 * @param sample the stories that a plain run of the lab tells
 * @param more stories that are this router's own
 */
export function storiesOf(
  router: ToldRouter,
  { sample, more = [] }: { sample: readonly (StoryName | Story)[]; more?: readonly Story[] },
): Scenario[] {
  const { name, needs } = router;
  const told = sample.map((each): Story => (typeof each === 'string' ? STORIES[each] : each));
  const measured = router.weights === undefined ? MEASURED : [];
  return [...Object.values<Story>(STORIES), ...PACED, ...REQUEST_KINDS, ...measured, ...more].map(
    (story) => ({
      name: `${name}, ${story.name}`,
      only: 'lab',
      needs,
      ...(told.includes(story) ? {} : { inFull: true }),
      run: (world) => story.run(usersBy(world, router), { ...router, story: story.name }),
    }),
  );
}

async function assertPromoted(world: World, step: StepResult): Promise<void> {
  assert.equal(step.code, 0, step.log);
  assert.equal(step.outputs.PROMOTE_OUTCOME, 'promoted');
  assert.equal(await imageOf(world), `${REPO}:1.1.0`);
  assert.deepEqual(await leftovers(world), []);
}

/** Everything in the namespace that a promotion could touch, with its resourceVersion, which a write of any kind changes. */
async function versionsIn(world: World): Promise<string[]> {
  const { deployments, services, ingresses, leases, pods } = paths(world.namespace);
  const lists = [deployments, services, ingresses, leases, pods].map((kind) => world.api.list(kind));
  return (await Promise.all(lists))
    .flat()
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .sort();
}
