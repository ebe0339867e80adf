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
import { rulesWithNodeRoom } from '../../rbac.ts';
import type { Scenario } from '../../scenario.ts';

/** Of the node's 16 Gi: seven of these pods fit, eight do not. Four are stable, so a canary of two fits and one of four does not. */
const MEMORY = '2200Mi';
const container = {
  name: 'app',
  image: `${REPO}:1.0.0`,
  ports: [{ containerPort: 8080, name: 'http' }],
  resources: { requests: { memory: MEMORY } },
};
const large = { spec: { template: { spec: { containers: [container] } } } };

export const scenarios: Scenario[] = [
  {
    name: 'no room for two full sets of pods: brought down from the growth, with the way out named',
    async run(world) {
      await deployApp(world, { deployment: large });
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, finish: 'shift', timeout: '8s' }).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /trouble +Unschedulable in web-canary-\S+\n +0\/1 nodes are available: 1 Insufficient memory/,
      );
      assert.match(
        step.log,
        /ABORTED +The canary does not run: Unschedulable in web-canary-.*\n +Production is as it was: .*\n +The cluster has no room for two full sets of pods\. Set `finish: pace`/,
      );
      assert.equal(await imageOf(world), `${REPO}:1.0.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, step);
    },
  },
  {
    name: 'no room for two full sets of pods: `finish: roll` rolls stable under traffic, and loses nothing of an app that drains',
    async run(world) {
      const image = `${REPO}:1.0.0-drain4`;
      const containers = [{ ...container, image }];
      await deployApp(world, {
        tag: '1.0.0-drain4',
        deployment: { spec: { template: { spec: { containers } } } },
      });
      const load = await world.load();
      const step = await world.step({ ...SETTINGS, finish: 'roll' }).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 0, step.log);
      assert.match(step.log, /finish: roll, stable is updated while it serves users/);
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, step);
    },
  },
  {
    name: 'no room on the nodes for two full sets of pods: `auto` takes `pace`, and no user notices',
    inFull: true,
    async run(world) {
      await deployApp(world, { deployment: large });
      const load = await world.load();
      const kubeconfig = await world.kubeconfig(rulesWithNodeRoom(world.namespace));
      const step = await world.step({ ...SETTINGS, kubeconfig, steps: ['25% 3s'] }).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 0, step.log);
      assert.match(
        step.log,
        /finish: pace, .*\(`auto`, because `shift` needs room for \d+ more pods, and there is room for [0-3]: 1 (?:of 2 nodes|node) may run them/,
      );
      assert.equal(await imageOf(world), `${REPO}:1.1.0`);
      assert.deepEqual(await leftovers(world), []);
      assertNoFailures(report, step);
    },
  },
  {
    name: 'a quota that allows no pod of the canary is told in the words of the API server',
    async run(world) {
      await deployApp(world);
      await world.api.create(paths(world.namespace).quotas, {
        apiVersion: 'v1',
        kind: 'ResourceQuota',
        metadata: { name: 'small' },
        spec: { hard: { pods: '4' } },
      });
      // the quota counts what is there before it refuses anything
      await world.sleep(3000);
      const step = await world.step(SETTINGS).done;
      assert.equal(step.code, 1, step.log);
      assert.match(
        step.log,
        /trouble +FailedCreate in web-canary\n +pods "web-canary-\S*" is forbidden: exceeded quota: small/,
      );
      assert.match(
        step.log,
        /ABORTED +The canary does not run: FailedCreate in web-canary: pods .*\n.*\n +The cluster has no room for one more pod/,
      );
      assert.deepEqual(await leftovers(world), []);
    },
  },
];
