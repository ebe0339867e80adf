import assert from 'node:assert/strict';
import { describeLoad, REPO } from '../../app.ts';
import { deployRollout, rolledTo } from '../../rollout/rollout.ts';
import { ends, promote, rollback, stableImage, stableSet, statusOf } from '../../rollout/step.ts';
import type { Scenario } from '../../scenario.ts';
import type { World } from '../../world.ts';

/** Neither router nor Services of the controller's: users are split by the number of pods. */
const BY_PODS = { trafficRouting: undefined, stableService: undefined, canaryService: undefined };
const STEPS = [{ setWeight: 25 }, { pause: { duration: '2s' } }, { setWeight: 50 }, { pause: {} }];

async function withoutRouter(world: World): Promise<void> {
  await deployRollout(world, { template: 'workloadRef', steps: STEPS, canary: BY_PODS });
  const load = await world.load();
  await ends(promote(world, '1.1.0'), 0, /HELD +.*1\.1\.0 waits for a person: step 4 of 4 is a pause/);
  // half of the pods, half of the users
  assert.equal((await statusOf(world)).updatedReplicas, 2);
  const promoted = await ends(promote(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0 .*4 of 4 pods/);
  console.log(promoted.log);
  assert.ok(await rolledTo(world, '1.1.0'));

  const bad = await ends(promote(world, '1.2.0-nopull'), 1, /ABORTED +ImagePullBackOff in web-/);
  console.log(bad.log);
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);
  // the ReplicaSet: the Rollout's own count lags
  assert.equal((await stableSet(world))?.status.availableReplicas, 4);
  // pods that never served may go a moment later
  const isGone = async () => ((await statusOf(world)).updatedReplicas ?? 0) === 0;
  await world.until('the canary’s pod is gone', isGone);

  await ends(promote(world, '1.3.0'), 0, /HELD/);
  const abort = world.step({ repo: REPO, workload: 'rollout/web', verify: 'false', action: 'abort' });
  await ends(abort, 0, /ABORTED +Aborted by build 77/);
  assert.equal(await stableImage(world), `${REPO}:1.1.0`);
  await world.until('the canary’s pods are gone', isGone);
  const back = await ends(rollback(world, '1.1.0'), 0, /PROMOTED +.*1\.1\.0/);
  console.log(back.log);
  const report = await load.stop();
  // the router learns of a pod's end later than the pod: an app that stops at once fails a few
  console.log(`# without a router: ${describeLoad(report)}`);
}

export const scenarios: Scenario[] = [
  {
    only: 'lab',
    needs: ['argo-rollouts'],
    name: 'argo: a canary without traffic routing is held, promoted, and aborted',
    run: withoutRouter,
  },
];
