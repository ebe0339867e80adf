import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  {
    name: 'a good release is promoted, and no user notices',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const step = await world.step(SETTINGS).done;
      await world.sleep(2000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 0, step.log);
      assertNoFailures(report, step);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      assert.equal(step.outputs.PROMOTE_OUTCOME, 'promoted');
      assert.equal(step.outputs.PROMOTE_IMAGE, `${REPO}:1.1.0`);
      assert.match(
        step.log,
        /PROMOTED {2}192\.0\.2\.10:5000\/shop\/web:1\.1\.0 is the stable version, 4 pods available\./,
      );
      assert.ok(
        (report.versions['1.1.0'] ?? 0) > 0 && (report.versions['1.0.0'] ?? 0) > 0,
        describeLoad(report),
      );
    },
  },
];
