import assert from 'node:assert/strict';
import { assertNoFailures } from '../../app.ts';
import { hook, inOrder, jobsAre } from '../../jobs/hooks.ts';
import type { Scenario } from '../../scenario.ts';
import { assertAll, deployShop, type Names, settingsFor } from '../several/shop.ts';

const OTHERS: Names = ['deployment/worker', 'statefulset/jobs', 'cronjob/report'];
const settings = settingsFor(OTHERS);
const before = [hook('migrate', '1-exit0', {}, '2-exit0')];

export const scenarios: Scenario[] = [
  {
    name: 'Jobs together with followers: one before the first workload, one when all but the CronJob have the release',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const step = await world.step({ ...settings, before, after: [hook('reindex', '1-exit0')] }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 0, step.log);
      inOrder(step.log, [
        /after: Job reindex \(.*\), when all pods of stable and of its followers run the release/,
        /before +migrate passed/,
        /created +Deployment\/web-canary/,
        /updated +Deployment\/web: \S+:1\.0\.0 → /,
        /updated +Deployment\/worker: \S+:1\.0\.0 → /,
        /updated +StatefulSet\/jobs: \S+:1\.0\.0 → /,
        /after +reindex passed/,
        /stage +back to stable/,
        /updated +CronJob\/report: \S+:1\.0\.0 → /,
        /PROMOTED/,
      ]);
      await assertAll(world, OTHERS, '1.1.0');
      await jobsAre(world, []);
    },
  },
  {
    name: 'Jobs together with followers: one that fails after the release takes all back, the users first, then it is undone',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const after = [hook('reindex', '1-exit3', {}, '2-exit0')];
      const step = await world.step({ ...settings, before, after }).done;
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(step.code, 1, step.log);
      inOrder(step.log, [
        /updated +StatefulSet\/jobs: \S+:1\.0\.0 → /,
        /down +Job reindex \(after\) failed: exit code 3\./,
        /updated +Deployment\/web: \S+:1\.1\.0 → /,
        /stage +weight 0/,
        /updated +StatefulSet\/jobs: \S+:1\.1\.0 → /,
        /undo +reindex passed/,
        /undo +migrate passed/,
        /ABORTED +Job reindex \(after\) failed: exit code 3\./,
      ]);
      assert.match(step.log, /updated +Deployment\/worker: \S+:1\.1\.0 → /);
      assert.doesNotMatch(step.log, /updated +CronJob/);
      await assertAll(world, OTHERS, '1.0.0');
      await jobsAre(world, [/^web-after-reindex-/]);
    },
  },
];
