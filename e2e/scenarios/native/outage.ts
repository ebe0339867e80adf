import assert from 'node:assert/strict';
import { assertNoFailures, deployApp, describeLoad, imageOf, leftovers, REPO, SETTINGS } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';

/** The control plane is killed while users are on the canary, and comes back; users are served past it. */
function outage(program: 'kube-apiserver' | 'etcd', downMs: number): Scenario {
  return {
    name: `${program} is killed, and back after ${downMs / 1000}s: production ends right, and no user notices`,
    only: 'lab',
    async run(world) {
      await deployApp(world);
      const load = await world.load();
      const settings = {
        ...SETTINGS,
        steps: ['50% 5s'],
        guard: true,
        guard_image: world.guardImage,
        lease: '5s',
      };
      const step = world.step(settings);
      await world.until('users are on the canary', () => (load.report().versions['1.1.0'] ?? 0) > 50);
      await world.programs?.restart(program, downMs);
      const ended = await step.done;
      await world.until('nothing is left', async () => (await leftovers(world)).length === 0);
      await world.sleep(3000);
      const report = await load.stop();
      console.log(`# exit ${ended.code}; ${describeLoad(report)}`);
      console.log(
        ended.log
          .split('\n')
          .slice(-12)
          .map((line) => `#   ${line}`)
          .join('\n'),
      );
      assert.ok([`${REPO}:1.0.0`, `${REPO}:1.1.0`].includes(await imageOf(world)));
      assertNoFailures(report, ended);
    },
  };
}

export const scenarios: Scenario[] = [
  outage('kube-apiserver', 2_000),
  outage('kube-apiserver', 12_000),
  outage('etcd', 2_000),
];
