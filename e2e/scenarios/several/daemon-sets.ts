import assert from 'node:assert/strict';
import type { Scenario } from '../../scenario.ts';
import { assertAll, deployShop, type Names, settingsFor, stepUnderLoad } from './shop.ts';

const OTHERS: Names = ['daemonset/agent', 'deployment/worker'];
const settings = settingsFor(OTHERS);

export const scenarios: Scenario[] = [
  {
    name: 'a DaemonSet gets the release with the workload that has the users',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(world, settings);
      assert.equal(step.code, 0, step.log);
      await assertAll(world, OTHERS, '1.1.0');
      assert.match(step.log, /DaemonSet\/agent and Deployment\/worker have it, too\./);
    },
  },
  {
    name: 'a DaemonSet that crashes with the release: all go back, and no user notices',
    inFull: true,
    async run(world) {
      await deployShop(world, OTHERS);
      const step = await stepUnderLoad(world, settings, { DRONE_TAG: 'v1.1.0-agent.crash' });
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /ABORTED +DaemonSet\/agent did not roll out: CrashLoopBackOff in agent-/);
      await assertAll(world, OTHERS, '1.0.0');
    },
  },
];
