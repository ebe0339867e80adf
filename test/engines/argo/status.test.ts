import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { treeOf } from '../../../src/engines/argo/status.ts';
import { ABORTED, NEW, rolloutOf, seenOf, UPDATING } from './fixtures.ts';

describe('engines/argo/status treeOf', () => {
  it('begins with the phase, the step, the weight and the pods', () => {
    const rollout = rolloutOf({
      status: { ...UPDATING, currentStepIndex: 1, canary: { weights: { canary: { weight: 20 } } } },
    });
    assert.deepEqual(treeOf(seenOf(rollout)).slice(0, 4), [
      'Progressing: more replicas need to be updated',
      '1 of 4 steps are done; the current step is pause',
      '20 % of the users are on the canary',
      '1 of 4 pods are new',
    ]);
  });

  it('does not call a Rollout Healthy whose Deployment has changed since', () => {
    const rollout = rolloutOf({
      spec: { workloadRef: { kind: 'Deployment', name: 'web' } },
      status: { workloadObservedGeneration: '7' },
    });
    const deploymentOf = (generation: number) => ({
      metadata: { name: 'web', generation },
      spec: { selector: {}, template: { spec: { containers: [{ name: 'app', image: NEW }] } } },
    });
    assert.equal(
      treeOf(seenOf(rollout, { workload: deploymentOf(8) }))[0],
      'Progressing: its controller has not processed the newest template yet',
    );
    assert.equal(treeOf(seenOf(rollout, { workload: deploymentOf(7) }))[0], 'Healthy');
  });

  it('tells of an abort what the controller says', () => {
    const [first] = treeOf(seenOf(rolloutOf({ status: ABORTED })));
    assert.equal(first, 'Degraded: RolloutAborted: Rollout aborted update to revision 2');
  });
});
