import assert from 'node:assert/strict';
import { deployApp, describeLoad, paths, REPO, rolledOut } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

/** What people do without this program, for comparison: the image is set, and the Deployment rolls under traffic. */
export const scenarios: Scenario[] = [
  {
    name: 'a plain rolling update loses requests of pods that stop at once',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      await world.sleep(2000);
      const containers = [
        { name: 'app', image: `${REPO}:1.1.0`, ports: [{ containerPort: 8080, name: 'http' }] },
      ];
      await world.api.patch(`${paths(world.namespace).deployments}/web`, {
        spec: { template: { spec: { containers } } },
      });
      await world.sleep(1000);
      await rolledOut(world, '1.1.0');
      const report = await load.stop();
      console.log(`# plain rolling update: ${describeLoad(report)}`);
      assert.ok(report.failures.length > 10, describeLoad(report));
    },
  },
];
