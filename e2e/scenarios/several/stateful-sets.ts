import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, paths, REPO } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';
import { assertAll, deployShop, imageAt, type Names, settingsFor, stepUnderLoad } from './shop.ts';

const OTHERS: Names = ['deployment/worker', 'statefulset/jobs', 'cronjob/report'];
const settings = settingsFor(OTHERS);

/** The uid of a pod, which tells whether it was made anew. */
async function uidOf(world: World, pod: string): Promise<string> {
  return (await world.api.get(`${paths(world.namespace).pods}/${pod}`))?.metadata.uid;
}

export const scenarios: Scenario[] = [
  {
    name: 'a worker, a StatefulSet and a CronJob get the release with the workload that has the users',
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(world, settings);
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.1.0');
      assert.match(step.log, /Deployment\/worker, StatefulSet\/jobs and CronJob\/report have it, too\./);
      const status = await world.step({ ...settings, action: 'status' }).done;
      assert.match(status.log, /StatefulSet\/jobs runs \S+:1\.1\.0: 2 of 2 pods are ready/);
    },
  },
  {
    name: 'a StatefulSet whose first new pod crashes: it is deleted, so that all go back, and no user notices',
    async run(world) {
      await deployShop(world, OTHERS);
      const first = await uidOf(world, 'jobs-0');
      const step = await stepUnderLoad(world, settings, { DRONE_TAG: 'v1.1.0-jobs.crash' });
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +StatefulSet\/jobs did not roll out: CrashLoopBackOff in jobs-1 \(container jobs\)/,
      );
      assert.match(step.log, /removed +Pod\/jobs-1/);
      await assertAll(world, OTHERS, '1.0.0');
      assert.equal(
        await uidOf(world, 'jobs-0'),
        first,
        'a pod that never left the old version is left alone',
      );
    },
  },
  {
    name: 'a StatefulSet that never gets ready: all go back after the timeout',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(
        world,
        { ...settings, timeout: '40s' },
        { DRONE_TAG: 'v1.1.0-jobs.unready' },
      );
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +StatefulSet\/jobs did not roll out within 40s: 1 of 2 pods are ready\./,
      );
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
  {
    name: 'an abort while a StatefulSet is updated puts all back',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const first = world.step(settings, { DRONE_TAG: 'v1.1.0-jobs.ready20000' });
      await world.until('the StatefulSet is updated', async () =>
        (await imageAt(world, 'statefulset/jobs')).includes('1.1.0'),
      );
      await world.sleep(2000);
      const abort = await world.step({ ...settings, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
      const ended = await first.done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(abort.code, 0, abort.log);
      assert.equal(ended.code, 1, ended.log);
      assertNoFailures(report, ended);
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
  {
    name: 'blue/green takes others with it, too',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const { steps: _, ...plain } = settings;
      const step = await world.step({ ...plain, strategy: 'bluegreen', keep: '2s', unwatched: 'allow' }).done;
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.1.0');
    },
  },
  {
    name: 'one of several has the release already: the others get it, without a canary',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const alone = await world.step({ ...settings, workload: 'deployment/web' }).done;
      assert.equal(alone.code, 0, alone.log);
      assert.equal(await imageAt(world, 'statefulset/jobs'), `${REPO}:1.0.0`);
      const step = await world.step(settings).done;
      const report = await load.stop();
      assert.equal(step.code, 0, step.log);
      assertNoFailures(report, step);
      assert.doesNotMatch(step.log, /canary/);
      await assertAll(world, OTHERS, '1.1.0');
    },
  },
];
