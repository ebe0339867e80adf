import assert from 'node:assert/strict';
import { asItWas, deployApp, imageOf, paths, REPO, SETTINGS } from '../../app.ts';
import { hook, jobNames, jobs, jobsAre, untouched } from '../../jobs/hooks.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

const ABORT = { ...SETTINGS, action: 'abort' };
const OTHER = { DRONE_BUILD_NUMBER: '78' };

/** Waits until the only Job runs. */
async function running(world: World): Promise<KubeObject> {
  let pod: KubeObject | undefined;
  await world.until('the Job runs', async () => {
    const pods = await world.api.list(paths(world.namespace).pods);
    pod = pods.find(({ metadata, status }) => /before/.test(metadata.name) && status?.phase === 'Running');
    return pod !== undefined;
  });
  return pod ?? {};
}

const uids = async (world: World) => (await jobs(world)).map(({ metadata }) => metadata.uid as string);

export const scenarios: Scenario[] = [
  {
    name: 'an abort while a Job runs waits for its end, because half a migration is what nobody can undo; then it is undone',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const before = [hook('migrate', '1-exit0-takes10', {}, '2-exit0')];
      const step = world.step({ ...SETTINGS, before });
      await running(world);
      const abort = await world.step(ABORT, OTHER).done;
      assert.equal(abort.code, 0, abort.log);
      const { code, log } = await step.done;
      untouched(await load.stop());
      assert.equal(code, 1, log);
      const order = [
        /down +Aborted by build 78/,
        /waiting +for Job migrate \(before\) to end, because it is not stopped half way/,
        /undo +migrate passed/,
        /ABORTED +Aborted by build 78/,
      ].map((line) => log.search(line));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
        log,
      );
      assert.ok(!order.includes(-1), log);
      await asItWas(world);
      await jobsAre(world, []);
    },
  },
  {
    name: 'a step that was killed while a Job runs is gone on with, and the Job does not run again',
    async run(world) {
      await deployApp(world);
      const settings = { ...SETTINGS, lease: '5s', before: [hook('migrate', '1-exit0-takes20')] };
      const first = world.step(settings);
      await running(world);
      const made = await uids(world);
      first.kill();
      const second = world.step(settings);
      await world.until('it waits for the Job', () => second.log().includes('for Job migrate (before)'));
      assert.match(second.log(), /continues at "before"/);
      assert.deepEqual(await uids(world), made);
      const ended = await second.done;
      assert.equal(ended.code, 0, ended.log);
      assert.doesNotMatch(ended.log, /created +Job\//);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      await jobsAre(world, []);
    },
  },
  {
    name: 'the guard of a step that was killed while a Job runs waits for its end, and undoes it',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const before = [hook('migrate', '1-exit0-takes10', {}, '2-exit0')];
      const guarded = { lease: '5s', guard: true, guard_image: world.guardImage };
      const step = world.step({ ...SETTINGS, ...guarded, before });
      await running(world);
      step.kill();
      await world.until('the undo has come', async () =>
        (await jobNames(world)).some((name) => name.startsWith('web-undo-')),
      );
      await jobsAre(world, []);
      await asItWas(world);
      const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-web`);
      const [last] = JSON.parse(lease?.metadata.annotations['drone-promote/history']);
      assert.equal(last.outcome, 'aborted');
      assert.match(last.reason, /The step was killed[\s\S]*was undone by its `undo`/);
    },
  },
  {
    name: 'the guard of a step that was killed while a Job runs after the release completes the promotion',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const after = [hook('reindex', '1-exit0-takes10'), hook('notify', '1-exit0')];
      const guarded = { lease: '5s', guard: true, guard_image: world.guardImage };
      const step = world.step({ ...SETTINGS, ...guarded, after });
      await world.until('the Job runs', async () => (await jobs(world))[0]?.status?.active === 1);
      step.kill();
      await world.until('the second Job has come', async () =>
        (await jobNames(world)).some((name) => name.startsWith('web-after-notify-')),
      );
      await jobsAre(world, []);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a Job that somebody deletes while it runs does not run again: the release is rolled back',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const step = world.step({
        ...SETTINGS,
        before: [hook('migrate', '1-exit0-takes30', {}, '2-exit0')],
      });
      await running(world);
      const [name] = await jobNames(world);
      await world.api.delete(`${paths(world.namespace).jobs}/${name}?propagationPolicy=Background`);
      const { code, log } = await step.done;
      assert.equal(code, 1, log);
      assert.match(log, /ABORTED +Job migrate \(before\) failed: somebody deleted it after it was begun/);
      assert.match(log, /undo +migrate passed/);
      assert.equal(log.match(/created +Job\/web-before-migrate/g)?.length, 1, log);
      await asItWas(world);
      await jobsAre(world, []);
    },
  },
  {
    name: 'an undo that fails needs a person: the promotion is stuck until the person says that it is undone',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const before = [hook('migrate', '1-exit0', {}, '2-exit3'), hook('seed', '1-exit1')];
      const { code, log } = await world.step({ ...SETTINGS, before }).done;
      assert.equal(code, 3, log);
      assert.match(log, /STUCK +Job seed \(before\) failed: exit code 1\./);
      assert.match(log, /The undo of migrate \(before\) failed: exit code 3\./);
      assert.match(log, new RegExp(`${REPO}:1.0.0 serves all users\\.`));
      const [, job = ''] = /kubectl -n \S+ logs job\/(\S+)/.exec(log) ?? [];
      const [, lease, key = '', value] = /kubectl -n \S+ annotate lease (\S+) (\S+)=(\S+)/.exec(log) ?? [];
      assert.match(job, /^web-undo-before-migrate-/);
      assert.equal(value, job);
      const once = async () =>
        assert.equal((await jobNames(world)).filter((name) => name.startsWith('web-undo-')).length, 1);
      await once();

      const tooEarly = await world.step(ABORT, OTHER).done;
      assert.equal(tooEarly.code, 3, tooEarly.log);
      const another = await world.step({ ...SETTINGS, before }, { ...OTHER, DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(another.code, 3, another.log);
      await once();

      await world.api.patch(`${paths(world.namespace).leases}/${lease}`, {
        metadata: { annotations: { [key]: value } },
      });
      const ended = await world.step(ABORT, OTHER).done;
      assert.equal(ended.code, 0, ended.log);
      assert.match(ended.log, /What Job migrate \(before\) did was undone by hand\./);
      untouched(await load.stop());
      await asItWas(world);
      const { annotations } =
        (await world.api.get(`${paths(world.namespace).leases}/${lease}`))?.metadata ?? {};
      assert.equal(annotations[key], undefined);
    },
  },
];
