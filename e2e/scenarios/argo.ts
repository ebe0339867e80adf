import assert from 'node:assert/strict';
import { describeLoad, REPO } from '../app.ts';
import { deployRollout, type RolloutApp, rolledTo } from '../rollout.ts';
import type { Scenario } from '../scenario.ts';
import type { StepResult, World } from '../world.ts';

const SETTINGS = { repo: REPO, workload: 'rollout/web', timeout: '60s', debug: true } as const;

/** Four steps, none of which waits for a person. */
const STEPS = [
  { setWeight: 20 },
  { pause: { duration: '2s' } },
  { setWeight: 50 },
  { pause: { duration: '2s' } },
];

/** Requests to the API server, as the step counted them. */
function requestsOf({ log }: StepResult): number {
  return Number(/(\d+) requests to the API server/.exec(log)?.[1]);
}

async function promotes(world: World, template: RolloutApp['template']): Promise<void> {
  await deployRollout(world, { template, steps: STEPS });
  const load = world.load();
  const step = world.step(SETTINGS);
  const result = await step.done;
  const healthy = await rolledTo(world, '1.1.0');
  const report = await load.stop();
  assert.equal(result.code, 0, result.log);
  assert.match(result.log, /PROMOTED +192\.0\.2\.10:5000\/shop\/web:1\.1\.0 is the stable release/);
  assert.ok(healthy, 'it was told to be promoted, and is not');
  assert.equal(result.outputs.PROMOTE_OUTCOME, 'promoted');
  console.log(`# ${template}: ${requestsOf(result)} requests; ${describeLoad(report)}\n${result.log}`);
  assert.ok(requestsOf(result) <= 25, `${requestsOf(result)} requests`);
}

const lab = { only: 'lab', needs: ['argo-rollouts'] } as const;

export const scenarios: Scenario[] = [
  {
    ...lab,
    name: 'argo: a release of a Rollout with its own template is promoted',
    run: (world) => promotes(world, 'own'),
  },
  {
    ...lab,
    name: 'argo: a release of a Rollout with a workloadRef is promoted',
    run: (world) => promotes(world, 'workloadRef'),
  },
];
