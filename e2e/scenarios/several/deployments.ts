import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad, imageOf, REPO } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import { assertAll, deployShop, imageAt, type Names, pathOf, settingsFor, stepUnderLoad } from './shop.ts';

const OTHERS: Names = ['deployment/worker', 'cronjob/report'];
const settings = settingsFor(OTHERS);

export const scenarios: Scenario[] = [
  {
    name: 'a worker and a CronJob get the release with the workload that has the users, once that runs it',
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(world, settings);
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.1.0');
      const writes = [
        ...step.log.matchAll(/updated +(Deployment\/w(?:eb|orker)|CronJob\/report): \S+:1\.0\.0 → /g),
      ];
      assert.deepEqual(
        writes.map(([, object]) => object),
        ['Deployment/web', 'Deployment/worker', 'CronJob/report'],
        step.log,
      );
      assert.match(
        step.log,
        /PROMOTED +\S+:1\.1\.0 is the stable version, 4 pods available\. Deployment\/worker and CronJob\/report have it, too\./,
      );
      const again = await world.step(settings).done;
      assert.equal(again.code, 0, again.log);
      assert.match(
        again.log,
        /Deployment\/web, Deployment\/worker and CronJob\/report run \S+:1\.1\.0 already: nothing was done\./,
      );
    },
  },
  {
    name: '`order: before`: the worker has the release before the first user does',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await world.step({ ...settings, order: 'before' }).done;
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.1.0');
      const at = (text: RegExp) => step.log.search(text);
      const order = [
        /updated +Deployment\/worker/,
        /created +Deployment\/web-canary/,
        /updated +CronJob\/report/,
      ];
      assert.deepEqual(
        order.map(at),
        order.map(at).toSorted((a, b) => a - b),
        step.log,
      );
      assert.ok(at(/updated +Deployment\/worker/) >= 0);
    },
  },
  {
    name: 'a worker that crashes with the release: all go back, and no user notices',
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(world, settings, { DRONE_TAG: 'v1.1.0-worker.crash' });
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Deployment\/worker did not roll out: CrashLoopBackOff in worker-/);
      assert.match(
        step.log,
        /Production is as it was: \S+:1\.0\.0 serves all users; Deployment\/worker runs \S+:1\.0\.0, CronJob\/report runs \S+:1\.0\.0\./,
      );
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
  {
    name: 'each goes back to the image that it had before, which may be another one',
    inFull: true,
    async run(world) {
      await deployShop(world, ['deployment/worker'], '0.9.0');
      const step = await world.step(
        { ...settingsFor(['deployment/worker']), timeout: '40s' },
        {
          DRONE_TAG: 'v1.1.0-worker.unready',
        },
      ).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /with it: Deployment\/worker .*it runs \S+:0\.9\.0 now, and goes back to that/);
      assert.match(step.log, /ABORTED +Deployment\/worker did not roll out within 40s: /);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.equal(await imageAt(world, 'deployment/worker'), `${REPO}:0.9.0`);
    },
  },
  {
    name: 'an abort after a follower was updated puts all back',
    inFull: true,
    async run(world) {
      const others: Names = ['deployment/worker', 'deployment/mailer'];
      await deployShop(world, others);
      const load = await world.load();
      const first = world.step(settingsFor(others), { DRONE_TAG: 'v1.1.0-mailer.ready20000' });
      await world.until('the mailer is updated', async () =>
        (await imageAt(world, 'deployment/mailer')).includes('1.1.0'),
      );
      const abort = await world.step(
        { ...settingsFor(others), action: 'abort' },
        { DRONE_BUILD_NUMBER: '78' },
      ).done;
      const ended = await first.done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(abort.code, 0, abort.log);
      assert.equal(ended.code, 1, ended.log);
      const back = [
        ...ended.log.matchAll(/updated +Deployment\/(worker|mailer): \S+:1\.1\.0\S* → \S+:1\.0\.0/g),
      ];
      assert.deepEqual(
        back.map(([, name]) => name),
        ['mailer', 'worker'],
        ended.log,
      );
      assertNoFailures(report, ended);
      await assertAll(world, others, '1.0.0');
    },
  },
  {
    name: 'somebody deploys a follower: their image stays, the rest goes back',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const running = world.step({ ...settings, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => running.log().includes('50 % of the users'));
      const containers = [{ name: 'worker', image: `${REPO}:1.0.9` }];
      await world.api.patch(pathOf(world, 'deployment/worker'), {
        spec: { template: { spec: { containers } } },
      });
      const step = await running.done;
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /ABORTED +Somebody changed Deployment\/worker meanwhile: it runs \S+:1\.0\.9 instead of \S+:1\.0\.0\./,
      );
      assert.equal(await imageAt(world, 'deployment/worker'), `${REPO}:1.0.9`);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
    },
  },
  {
    name: 'a promotion of the worker alone is refused while it follows another one',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const running = world.step({ ...settings, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => running.log().includes('50 % of the users'));
      const alone = { ...settings, workload: 'deployment/worker', rollback_steps: [] };
      const other = await world.step(alone, { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '78' }).done;
      assert.equal(other.code, 2, other.log);
      assert.match(
        other.log,
        /REFUSED +\(locked\) Deployment\/worker is being promoted with Deployment\/web by build 77 by ann/,
      );
      running.terminate();
      await running.done;
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
  {
    name: 'of two promotions that begin at once and have a workload in common, one goes on at most',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const alone = { ...settings, workload: 'deployment/worker', rollback_steps: [] };
      const rollback = {
        DRONE_BUILD_EVENT: 'rollback',
        DRONE_BUILD_NUMBER: '78',
        DRONE_TAG: 'v0.9.0-worker.ready8000',
      };
      const both = [world.step(settings), world.step(alone, rollback)];
      const ended = await Promise.all(both.map(({ done }) => done));
      const logs = ended.map(({ log }) => log).join('\n');
      const refused = ended.filter(({ code }) => code === 2);
      assert.ok(refused.length >= 1, logs);
      for (const { log } of refused) assert.match(log, /REFUSED +\(locked\) Deployment\/worker/);
      if (refused.length === both.length)
        assert.equal(await imageAt(world, 'deployment/worker'), `${REPO}:1.0.0`, logs);
      // whoever was refused can come again
      const again = await world.step(settings, { DRONE_BUILD_NUMBER: '79' }).done;
      assert.equal(again.code, 0, again.log);
      await assertAll(world, OTHERS, '1.1.0');
    },
  },
  {
    name: 'a rollback brings all of them to the older image, without a canary',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      assert.equal((await world.step(settings).done).code, 0);
      const rollback = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' };
      const step = await world.step({ ...settings, rollback_steps: [] }, rollback).done;
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
  {
    name: 'a step that is killed between two followers: the same build again goes on',
    inFull: true,
    async run(world) {
      const others: Names = ['deployment/worker', 'deployment/mailer', 'cronjob/report'];
      await deployShop(world, others);
      const first = world.step(
        { ...settingsFor(others), lease: '5s' },
        { DRONE_TAG: 'v1.1.0-mailer.ready8000' },
      );
      await world.until('the mailer is updated', async () =>
        (await imageAt(world, 'deployment/mailer')).includes('1.1.0'),
      );
      first.kill();
      await first.done;
      const again = await world.step(
        { ...settingsFor(others), lease: '5s' },
        { DRONE_TAG: 'v1.1.0-mailer.ready8000' },
      ).done;
      assert.equal(again.code, 0, again.log);
      assert.match(again.log, /resumed/i);
      await assertAll(world, others, '1.1.0-mailer.ready8000');
    },
  },
  {
    name: 'a guard takes followers back, too',
    inFull: true,
    async run(world) {
      const others: Names = ['deployment/worker', 'cronjob/report'];
      await deployShop(world, others);
      const guarded = {
        ...settings,
        order: 'before',
        guard: true,
        guard_image: world.guardImage,
        lease: '5s',
      };
      const step = world.step({ ...guarded, steps: ['50% 10m'] });
      await world.until('users are on the canary', () => step.log().includes('50 % of the users'));
      assert.equal(await imageAt(world, 'deployment/worker'), `${REPO}:1.1.0`);
      step.kill();
      await step.done;
      await world.until('the guard has ended', async () => {
        const [job] = await world.api.list(`/apis/batch/v1/namespaces/${world.namespace}/jobs`);
        return job?.status?.succeeded === 1;
      });
      await assertAll(world, others, '1.0.0');
    },
  },
  {
    name: 'a dry run says what follows, and a follower without the image is refused by its name',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const dry = await world.step({ ...settings, dry_run: true }).done;
      assert.equal(dry.code, 0, dry.log);
      assert.match(
        dry.log,
        /with it: Deployment\/worker once stable is updated, by its own controller \(2 pods\)/,
      );
      assert.match(dry.log, /with it: CronJob\/report at the end, without touching a Job that runs/);
      assert.match(dry.log, /update +CronJob\/report\n.*\n.*image: \S+:1\.0\.0\n.*\+ +- image: \S+:1\.1\.0/);
      await assertAll(world, OTHERS, '1.0.0');
      const containers = [{ name: 'worker', image: 'busybox:1.36' }];
      await world.api.patch(pathOf(world, 'deployment/worker'), {
        spec: { template: { spec: { containers } } },
      });
      const step = await world.step(settings).done;
      assert.equal(step.code, 2, step.log);
      assert.match(
        step.log,
        /REFUSED +\(container\) No container of Deployment\/worker runs 192\.0\.2\.10:5000\/shop\/web/,
      );
    },
  },
];
