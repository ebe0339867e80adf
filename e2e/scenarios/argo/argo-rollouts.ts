import assert from 'node:assert/strict';
import { describeLoad, paths } from '../../app.ts';
import {
  deployRollout,
  type RolloutApp,
  rolledTo,
  rolloutsPath,
  setRolloutImage,
} from '../../rollout/rollout.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

const STEPS = [
  { setWeight: 20 },
  { pause: { duration: '3s' } },
  { setWeight: 50 },
  { pause: { duration: '3s' } },
];

async function stepOf(world: World): Promise<number> {
  const rollout = await world.api.get(`${rolloutsPath(world.namespace)}/web`);
  return rollout?.status?.currentStepIndex ?? 0;
}

/** The real controller takes a release through its steps, with users on both versions; no part of this program is in it. */
async function goesThroughItsSteps(world: World, template: RolloutApp['template']): Promise<void> {
  await deployRollout(world, { template, steps: STEPS });
  const load = await world.load();
  await setRolloutImage(world, template, '1.1.0');
  const weights = new Set<string>();
  await world.until(
    'Rollout/web is healthy on 1.1.0',
    async () => {
      const canary = await world.api.get(`${paths(world.namespace).ingresses}/web-web-canary`);
      const weight = canary?.metadata.annotations?.['nginx.ingress.kubernetes.io/canary-weight'];
      if (weight !== undefined) weights.add(weight);
      return rolledTo(world, '1.1.0');
    },
    90_000,
  );
  // the change of the stable Service goes through the router's queue
  await world.sleep(5000);
  const settled = load.report();
  await world.sleep(2000);
  const report = await load.stop();
  console.log(`# ${template}: ${describeLoad(report)}; weights ${[...weights].join(', ')}`);
  assert.equal(await stepOf(world), STEPS.length);
  assert.ok(weights.has('20') && weights.has('50'), [...weights].join(', '));
  assert.ok((report.versions['1.0.0'] ?? 0) > 0 && (report.versions['1.1.0'] ?? 0) > 0, describeLoad(report));
  assert.equal(report.versions['1.0.0'], settled.versions['1.0.0'], 'users are on 1.0.0 after the end');
}

export const scenarios: Scenario[] = [
  {
    name: 'the real controller takes a Rollout with a workloadRef through its steps',
    only: 'lab',
    needs: ['argo-rollouts'],
    run: (world) => goesThroughItsSteps(world, 'workloadRef'),
  },
  {
    name: 'the real controller takes a Rollout with its own template through its steps, killed in between',
    only: 'lab',
    needs: ['argo-rollouts'],
    async run(world) {
      const killed = world
        .until('the second weight', async () => (await stepOf(world)) === 2)
        .then(() => world.programs?.restart('argo-rollouts', 1000));
      await goesThroughItsSteps(world, 'own');
      await killed;
    },
  },
];
