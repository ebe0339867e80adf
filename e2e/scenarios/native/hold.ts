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
    name: 'a hold ends the step, and the next promotion of the release goes on',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = { ...SETTINGS, steps: ['20% 1s', 'hold', '60% 1s'] };
      const first = await world.step(settings).done;
      assert.equal(first.code, 0, first.log);
      assert.equal(first.outputs.PROMOTE_OUTCOME, 'held');
      assert.equal(first.outputs.PROMOTE_WEIGHT, '20');
      assert.match(
        first.log,
        /HELD +192\.0\.2\.10:5000\/shop\/web:1\.1\.0 waits at a hold with 20 % of the users\./,
      );
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      const lease = await world.api.get(`${paths(world.namespace).leases}/drone-promote-web`);
      assert.equal(lease?.spec.holderIdentity, undefined, 'a held promotion holds no lock');

      const status = await world.step({ ...settings, action: 'status' }).done;
      assert.match(status.log, /is held, at "hold", with 20 % of the users, started by build 77 by ann/);

      await world.sleep(30_000);
      const second = await world.step(settings, { DRONE_BUILD_NUMBER: '78' }).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(second.code, 0, second.log);
      assert.match(second.log, /resumed +192\.0\.2\.10:5000\/shop\/web:1\.1\.0 continues at "60 %"/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, second);
    },
  },
  {
    name: 'a hold with a time goes on by itself, and the canary is judged until then',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const begun = world.now();
      const step = await world.step({ ...SETTINGS, steps: ['20% 1s', 'hold 20s', '60% 1s'] }).done;
      assert.equal(step.code, 0, step.log);
      assert.ok(world.now() - begun > 20_000);
      await world.sleep(1000);
      assertNoFailures(await load.stop(), step);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
    },
  },
  {
    name: 'a held release is brought down when another one is promoted',
    inFull: true,
    async run(world) {
      await deployApp(world);
      const settings = { ...SETTINGS, steps: ['20% 1s', 'hold'] };
      assert.equal((await world.step(settings).done).outputs.PROMOTE_OUTCOME, 'held');
      const other = await world.step(settings, { DRONE_TAG: 'v1.2.0' }).done;
      assert.equal(other.outputs.PROMOTE_OUTCOME, 'held', other.log);
      assert.match(
        other.log,
        /An unfinished promotion of 192\.0\.2\.10:5000\/shop\/web:1\.1\.0 is at "hold": it is rolled back first\./,
      );
      const canary = await world.api.get(`${paths(world.namespace).deployments}/web-canary`);
      assert.equal(canary?.spec.template.spec.containers[0].image, `${REPO}:1.2.0`);
      const end = await world.step({ ...settings, action: 'abort' }).done;
      assert.equal(end.code, 0, end.log);
      assert.deepEqual(await leftovers(world), []);
    },
  },
];
