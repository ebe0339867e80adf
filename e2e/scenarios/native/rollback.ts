import assert from 'node:assert/strict';
import { deployApp, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

const ROLLBACK = { DRONE_BUILD_EVENT: 'rollback', DRONE_BUILD_NUMBER: '79', DRONE_TAG: 'v1.0.0' };

export const scenarios: Scenario[] = [
  {
    name: 'a rollback rolls stable to the image of its build at once',
    async run(world) {
      await deployApp(world, { tag: '1.1.0' });
      const step = await world.step(SETTINGS, ROLLBACK).done;
      assert.equal(step.code, 0, step.log);
      assert.equal(step.outputs.PROMOTE_OUTCOME, 'promoted');
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'a rollback brings a held promotion down, and leaves stable where it already is right',
    async run(world) {
      await deployApp(world);
      const held = await world.step({ ...SETTINGS, steps: ['20% 1s', 'hold'] }).done;
      assert.equal(held.outputs.PROMOTE_OUTCOME, 'held', held.log);
      const step = await world.step({ ...SETTINGS, steps: ['20% 1s', 'hold'] }, ROLLBACK).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /runs 192\.0\.2\.10:5000\/shop\/web:1\.0\.0 already: nothing was done\./);
      assert.deepEqual(await leftovers(world), []);
    },
  },
  {
    name: 'a rollback to an image that does not run puts stable back to what it was',
    async run(world) {
      await deployApp(world, { tag: '1.1.0' });
      const step = await world.step(SETTINGS, { ...ROLLBACK, DRONE_TAG: 'v1.0.0-nopull' }).done;
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +Deployment\/web did not roll out: ImagePullBackOff in web-/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a rollback by steps goes up like a promotion',
    async run(world) {
      await deployApp(world, { tag: '1.1.0' });
      const step = await world.step({ ...SETTINGS, rollback_steps: ['50% 1s'] }, ROLLBACK).done;
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /50 % of the users on the canary/);
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
    },
  },
];
