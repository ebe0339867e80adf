import assert from 'node:assert/strict';
import { assertNoFailures, describeLoad } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import { assertAll, deployShop, type Names, settingsFor } from './shop.ts';

const OTHERS: Names = ['daemonset/agent', 'deployment/worker'];
const settings = settingsFor(OTHERS);

export const scenarios: Scenario[] = [
  {
    name: 'a DaemonSet gets the release with the workload that has the users',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const step = await world.step(settings).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 0, step.log);
      assertNoFailures(report, step);
      await assertAll(world, OTHERS, '1.1.0');
      assert.match(step.log, /DaemonSet\/agent and Deployment\/worker have it, too\./);
    },
  },
  {
    name: 'a DaemonSet that crashes with the release: all go back, and no user notices',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const load = await world.load();
      const step = await world.step(settings, { DRONE_TAG: 'v1.1.0-agent.crash' }).done;
      await world.sleep(1000);
      const report = await load.stop();
      console.log(`# ${describeLoad(report)}`);
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +DaemonSet\/agent did not roll out: CrashLoopBackOff in agent-/);
      assertNoFailures(report, step);
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
];
