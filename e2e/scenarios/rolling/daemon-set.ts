import assert from 'node:assert/strict';
import { asItIs, assertAsItWas, deployRolled, settingsOf } from '../../rolling/app.ts';
import { storiesOf } from '../../rolling/stories.ts';
import type { Scenario } from '../../scenario.ts';

export const scenarios: Scenario[] = [
  ...storiesOf('DaemonSet'),
  {
    name: 'a DaemonSet with one pod has no old one beside the release, which is judged by what that one failed',
    only: 'sim',
    async run(world) {
      await deployRolled(world, 'DaemonSet', { replicas: 1 });
      const before = await asItIs(world, 'DaemonSet');
      const load = await world.load({ by: 'service' });
      await world.sleep(5000);
      const settings = { ...settingsOf('DaemonSet'), tag: '1.1.0-err60', steps: ['25% 1m'] };
      const step = await world.step(settings).done;
      await load.stop();
      assert.equal(step.code, 1, step.log);
      assert.match(step.log, /The release fails more than the version before it/);
      await assertAsItWas(world, 'DaemonSet', before);
    },
  },
];
