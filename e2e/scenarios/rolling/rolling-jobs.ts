import assert from 'node:assert/strict';
import { paths, REPO } from '../../app.ts';
import { hook, inOrder, jobNames, jobs, jobsAre } from '../../jobs/hooks.ts';
import {
  asItIs,
  assertAsItWas,
  deployRolled,
  imagesByPod,
  placeOf,
  podsOf,
  type Rolled,
  settingsOf,
  workloadOf,
} from '../../rolling/app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const OTHER = { DRONE_BUILD_NUMBER: '78' };
const SHARED = { ...settingsOf('StatefulSet'), unwatched: 'allow', steps: ['25% 1s'] };

/** The tags that the pods of `web` run. */
const tags = async (world: World) => [...new Set(Object.values(await imagesByPod(world)))].sort();
const uids = async (world: World) => (await jobs(world)).map(({ metadata }) => metadata.uid as string);

/** Waits until the container of a Job runs. */
async function running(world: World, name: string): Promise<void> {
  await world.until(`Job ${name} runs`, async () => {
    const pods = await world.api.list(paths(world.namespace).pods);
    return pods.some(
      ({ metadata, status }) => metadata.name.includes(`-${name}-`) && status?.phase === 'Running',
    );
  });
}

/** What the Jobs of a promotion see of each kind. */
function promotes(kind: Rolled): Scenario {
  return {
    name: `${kind}: a Job runs before any pod has the release, and one after all have it, once each`,
    ...(kind === 'StatefulSet' ? {} : { inFull: true as const }),
    async run(world) {
      await deployRolled(world, kind, { replicas: 2 });
      const before = await asItIs(world, kind);
      const step = world.step({
        ...settingsOf(kind),
        unwatched: 'allow',
        steps: ['50% 1s'],
        before: [hook('migrate', '1-exit0-takes5', { env: { MODE: 'fast' } })],
        after: [hook('reindex', '1-exit0-takes5')],
      });
      await running(world, 'before-migrate');
      assert.deepEqual(await asItIs(world, kind), before, 'nothing of the release is there');
      const [migrate] = await jobs(world);
      const { uid } = (await workloadOf(world, kind))?.metadata ?? {};
      assert.deepEqual(migrate?.metadata.ownerReferences, [
        { apiVersion: 'apps/v1', kind, name: 'web', uid },
      ]);
      const [{ env, volumeMounts }] = migrate?.spec.template.spec.containers ?? [];
      assert.equal(volumeMounts, undefined);
      const given = env.map(({ name, value }: KubeObject) => `${name}=${value}`);
      assert.deepEqual(given, [
        `NAMESPACE=${world.namespace}`,
        'WORKLOAD=web',
        `RELEASE_IMAGE=${REPO}:1.1.0`,
        `STABLE_IMAGE=${REPO}:1.0.0`,
        'MODE=fast',
      ]);
      await running(world, 'after-reindex');
      assert.deepEqual(await tags(world), ['1.1.0'], 'all pods run the release, and no other');
      const ended = await step.done;
      assert.equal(ended.code, 0, ended.log);
      inOrder(ended.log, [
        /before: Job migrate \(10m at most, without an undo\), before any pod gets the release/,
        /stage +before \(1 of \d+\)/,
        /before +migrate passed: exit code 0 after \d+s\n +\| all were answered\n/,
        /stage +50 % of the pods/,
        /stage +after \(\d+ of \d+\)/,
        /after +reindex passed/,
        /stage +all pods are ready/,
        /stage +put back the update strategy/,
        /PROMOTED/,
      ]);
      const now = await asItIs(world, kind);
      assert.deepEqual({ ...now.spec, template: undefined }, { ...before.spec, template: undefined });
      assert.deepEqual(now.annotations, before.annotations);
      await jobsAre(world, []);
    },
  };
}

/** A Job after the release that fails. */
function comesBack(kind: Rolled): Scenario {
  return {
    name: `${kind}: a Job after the release that fails: the pods go back first, then everything is undone, the last Job first`,
    inFull: true,
    async run(world) {
      await deployRolled(world, kind, { replicas: 2 });
      const before = await asItIs(world, kind);
      const step = await world.step({
        ...settingsOf(kind),
        unwatched: 'allow',
        steps: ['50% 1s'],
        before: [hook('migrate', '1-exit0', {}, '2-exit0')],
        after: [hook('reindex', '1-exit3', {}, '2-exit0')],
      }).done;
      assert.equal(step.code, 1, step.log);
      inOrder(step.log, [
        /down +Job reindex \(after\) failed: exit code 3\./,
        /stage +restore the pods/,
        /stage +put back the update strategy/,
        /stage +undo/,
        /undo +reindex passed/,
        /undo +migrate passed/,
        /ABORTED +Job reindex \(after\) failed: exit code 3\./,
        /What Job migrate \(before\) did was undone by its `undo`\.\n +Production is as it was: \d of \d pods/,
      ]);
      await assertAsItWas(world, kind, before);
      await jobsAre(world, [/^web-after-reindex-/]);
    },
  };
}

export const scenarios: Scenario[] = [
  ...(['StatefulSet', 'Deployment', 'DaemonSet'] as const).flatMap((kind) => [
    promotes(kind),
    comesBack(kind),
  ]),
  {
    name: 'a Job before the release that fails: it is undone, and no pod has been touched, also where one was not ready',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet');
      // somebody has rolled a release whose highest pod never starts
      await world.api.patch(`${placeOf('StatefulSet', world)}/web`, {
        spec: { template: { spec: { containers: [{ name: 'app', image: `${REPO}:1.0.1-unready` }] } } },
      });
      await world.until('web-3 is broken', async () => (await tags(world)).includes('1.0.1-unready'));
      await world.sleep(2000);
      const before = await asItIs(world, 'StatefulSet');
      const begun = world.now();
      const step = await world.step({
        ...SHARED,
        before: [hook('migrate', '1-exit0', {}, '2-exit0'), hook('seed', '1-exit3', {}, '2-exit0')],
      }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Job seed \(before\) failed: exit code 3\.\n[\s\S]*\| 3 were not answered\n/,
      );
      inOrder(step.log, [/undo +seed passed/, /undo +migrate passed/, /3 of 4 pods of StatefulSet\/web run/]);
      assert.ok(world.now() - begun < 30_000, 'it does not wait for a pod that it has not touched');
      assert.deepEqual(await asItIs(world, 'StatefulSet'), before);
      await jobsAre(world, [/^web-before-seed-/]);
    },
  },
  {
    name: 'a step that was killed while a Job runs after the release is gone on with, and the Job does not run again',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const settings = { ...SHARED, lease: '5s', after: [hook('reindex', '1-exit0-takes20')] };
      const first = world.step(settings);
      await running(world, 'after-reindex');
      const made = await uids(world);
      first.kill();
      const second = world.step(settings);
      await world.until('it waits for the Job', () => second.log().includes('for Job reindex (after)'));
      assert.match(second.log(), /continues at "after"/);
      assert.deepEqual(await uids(world), made);
      const ended = await second.done;
      assert.equal(ended.code, 0, ended.log);
      assert.doesNotMatch(ended.log, /created +Job\//);
      assert.deepEqual(await tags(world), ['1.1.0']);
      await jobsAre(world, []);
    },
  },
  {
    name: 'the guard of a step that was killed while a Job runs after the release brings the pods back, and undoes it',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const before = await asItIs(world, 'StatefulSet');
      const guarded = { lease: '5s', guard: true, guard_image: world.guardImage };
      const step = world.step({
        ...SHARED,
        ...guarded,
        before: [hook('migrate', '1-exit0', {}, '2-exit0')],
        after: [hook('reindex', '1-exit0-takes10', {}, '2-exit0')],
      });
      await running(world, 'after-reindex');
      step.kill();
      await world.until('the last undo has come', async () =>
        (await jobNames(world)).some((name) => name.startsWith('web-undo-before-migrate-')),
      );
      await jobsAre(world, []);
      await assertAsItWas(world, 'StatefulSet', before);
      const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-statefulset.web`);
      const [last] = JSON.parse(lease?.metadata.annotations['drone-promote/history']);
      assert.equal(last.outcome, 'aborted');
      assert.match(
        last.reason,
        /The step was killed[\s\S]*Job reindex \(after\) did was undone[\s\S]*Job migrate \(before\) did was undone/,
      );
    },
  },
  {
    name: 'an abort while a Job runs before the release waits for its end, then undoes it',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const before = await asItIs(world, 'StatefulSet');
      const step = world.step({ ...SHARED, before: [hook('migrate', '1-exit0-takes10', {}, '2-exit0')] });
      await running(world, 'before-migrate');
      const abort = await world.step({ ...SHARED, action: 'abort' }, OTHER).done;
      assert.equal(abort.code, 0, abort.log);
      const { code, log } = await step.done;
      assert.equal(code, 1, log);
      inOrder(log, [
        /down +Aborted by build 78/,
        /waiting +for Job migrate \(before\) to end, because it is not stopped half way/,
        /undo +migrate passed/,
        /ABORTED +Aborted by build 78/,
      ]);
      assert.deepEqual(await asItIs(world, 'StatefulSet'), before);
      await jobsAre(world, []);
    },
  },
  {
    name: 'a release that is held is brought back by another one, which undoes its Job and runs its own',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const before = [hook('migrate', '1-exit0', {}, '2-exit0')];
      const held = await world.step({ ...SHARED, before, steps: ['50% 1s', 'hold'] }).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      assert.deepEqual(await tags(world), ['1.0.0', '1.1.0']);
      const other = await world.step({ ...SHARED, before }, { ...OTHER, DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(other.code, 0, other.log);
      inOrder(other.log, [
        /An unfinished promotion of .*:1\.1\.0 is at "hold": it is rolled back first\./,
        /stage +restore the pods/,
        /undo +migrate passed/,
        /before +migrate passed/,
        /stage +25 % of the pods/,
        /PROMOTED/,
      ]);
      assert.deepEqual(await tags(world), ['1.2.0']);
      await jobsAre(world, []);
    },
  },
  {
    name: 'a release that is held goes on after it, and its Jobs before the release do not run again',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const settings = {
        ...SHARED,
        steps: ['50% 1s', 'hold'],
        before: [hook('migrate', '1-exit0')],
        after: [hook('reindex', '1-exit0')],
      };
      const held = await world.step(settings).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      const made = await uids(world);
      const ended = await world.step(settings, OTHER).done;
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /resumed/);
      assert.doesNotMatch(ended.log, /migrate passed/);
      assert.match(ended.log, /after +reindex passed/);
      assert.equal(made.length, 1);
      assert.deepEqual(await tags(world), ['1.1.0']);
      await jobsAre(world, []);
    },
  },
  {
    name: 'an undo that fails needs a person, with the commands for a StatefulSet',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const after = [hook('reindex', '1-exit1', {}, '2-exit3')];
      const { code, log } = await world.step({ ...SHARED, after }).done;
      assert.equal(code, 3, log);
      assert.match(log, /The undo of reindex \(after\) failed: exit code 3\./);
      assert.match(log, /Production is as it was: 2 of 2 pods of StatefulSet\/web run .*:1\.0\.0/);
      const [, lease, key = '', value] = /kubectl -n \S+ annotate lease (\S+) (\S+)=(\S+)/.exec(log) ?? [];
      assert.equal(lease, 'drone-promote-statefulset.web');
      await world.api.patch(`${paths(world.namespace).leases}/${lease}`, {
        metadata: { annotations: { [key]: value } },
      });
      const ended = await world.step({ ...SHARED, action: 'abort' }, OTHER).done;
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /What Job reindex \(after\) did was undone by hand\./);
    },
  },
  {
    name: 'a rollback to an older release runs neither its Jobs nor an undo',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2, tag: '1.1.0' });
      const before = [hook('migrate', '1-exit3', {}, '2-exit3')];
      const build = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' };
      const step = await world.step({ ...SHARED, before, after: before }, build).done;
      assert.equal(step.code, 0, step.log);
      assert.deepEqual(await tags(world), ['1.0.0']);
      assert.deepEqual(await jobNames(world), []);
    },
  },
  {
    name: 'a dry run and status show the Jobs',
    inFull: true,
    async run(world) {
      await deployRolled(world, 'StatefulSet', { replicas: 2 });
      const around = { before: [hook('migrate', '1-exit0-takes20')], after: [hook('reindex', '1-exit0')] };
      const dry = await world.step({ ...SHARED, ...around, dry_run: true }).done;
      assert.equal(dry.code, 0, dry.log);
      inOrder(dry.log, [
        /create +Job\/web-before-migrate-\S+\n[\s\S]*suspend: true/,
        /update +StatefulSet\/web/,
        /create +Job\/web-after-reindex-/,
      ]);
      assert.deepEqual(await jobNames(world), []);

      const step = world.step({ ...SHARED, ...around });
      await world.until('the Job runs', () => step.log().includes('for Job migrate (before)'));
      const { log } = await world.step({ ...SHARED, action: 'status' }).done;
      assert.match(log, /is being promoted, at "before", with 0 % of the pods/);
      assert.equal((await step.done).code, 0, step.log());
      assert.equal((await podsOf(world)).length, 2);
    },
  },
];
