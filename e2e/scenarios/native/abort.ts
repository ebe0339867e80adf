import assert from 'node:assert/strict';
import {
  assertNoFailures,
  deployApp,
  describeLoad,
  imageOf,
  leftovers,
  paths,
  REPO,
  SETTINGS,
} from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  {
    name: 'a running promotion is aborted by a second step, weight first',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const first = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
      const abort = await world.step(
        { ...SETTINGS, action: 'abort' },
        { DRONE_BUILD_NUMBER: '78', DRONE_BUILD_TRIGGER: 'bob' },
      ).done;
      const ended = await first.done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(abort.code, 0, abort.log);
      assert.equal(abort.outputs.PROMOTE_OUTCOME, 'aborted');
      assert.match(
        abort.log,
        /Asking build 77 by ann .*, which promotes 192\.0\.2\.10:5000\/shop\/web:1\.1\.0, to roll back\./,
      );
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +Aborted by build 78 by bob .*\n +Production is as it was/);
      assert.ok(ended.log.indexOf('0 % of the users') < ended.log.indexOf('removed'), 'weight 0 comes first');
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, ended);
    },
  },
  {
    name: 'an abort without a promotion does nothing, and says so',
    async run(world) {
      await deployApp(world);
      const step = await world.step({ ...SETTINGS, action: 'abort' }).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /There is no promotion of Deployment\/web to abort: nothing was done\./);
    },
  },
  {
    name: 'a step that is cancelled (SIGTERM) brings production back',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 100);
      step.terminate();
      const ended = await step.done;
      await world.sleep(1000);
      const report = await load.stop();
      assert.equal(ended.code, 1, ended.log);
      assert.match(ended.log, /ABORTED +The step was cancelled\.\n +Production is as it was/);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, ended);
    },
  },
  {
    name: 'after stable was written, an abort puts it back while the canary carries the users',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const first = world.step(SETTINGS, { DRONE_TAG: 'v1.1.0-ready4000' });
      await world.until('stable is written', async () => (await imageOf(world)).includes('1.1.0'));
      const abort = await world.step({ ...SETTINGS, action: 'abort' }, { DRONE_BUILD_NUMBER: '78' }).done;
      const ended = await first.done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(abort.code, 0, abort.log);
      assert.equal(ended.code, 1, ended.log);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, ended);
    },
  },
  {
    name: 'a second promotion is refused while one runs, and is told whose it is',
    async run(world) {
      await deployApp(world);
      const first = world.step({ ...SETTINGS, steps: ['50% 10m'] });
      const lease = `${paths(world.namespace).leases}/drone-promote-web`;
      await world.until(
        'the lock is held',
        async () => (await world.api.get(lease))?.spec.holderIdentity !== undefined,
      );
      const second = await world.step(SETTINGS, { DRONE_BUILD_NUMBER: '78' }).done;
      assert.equal(second.code, 2, second.log);
      assert.match(
        second.log,
        /REFUSED +\(\S+\) Deployment\/web is being promoted by build 77 by ann \(https:\/\/drone\.example\.com\/shop\/web\/77\)\./,
      );
      first.terminate();
      await first.done;
      assert.deepEqual(await leftovers(world), []);
    },
  },
];
