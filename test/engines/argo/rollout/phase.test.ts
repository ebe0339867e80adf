import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { phaseOf } from '../../../../src/engines/argo/rollout/phase.ts';
import type { Rollout } from '../../../../src/engines/argo/rollout/types.ts';
import { ABORTED, AT_GATE, BLUE_GREEN, rolloutOf, UPDATING } from '../fixtures.ts';

const basic = { strategy: { canary: { steps: [{ setWeight: 20 }] } } };
const pausedBy = (reason: string) => ({
  ...UPDATING,
  controllerPause: true,
  pauseConditions: [{ reason, startTime: '2026-11-24T12:00:00Z' }],
});
const active = (activeSelector: string) => ({ blueGreen: { activeSelector } });
const postPromotion = {
  strategy: { blueGreen: { activeService: 'web', postPromotionAnalysis: { templates: [] } } },
};

/** Every row of the table of the reference, in its order; each later row holds although nothing before it does. */
const TABLE: [row: string, rollout: Rollout, phase: string, message: string][] = [
  [
    'an older generation is observed',
    rolloutOf({ generation: 4 }),
    'Progressing',
    'waiting for rollout spec update to be observed',
  ],
  [
    'nothing was observed yet',
    { metadata: { generation: 1 } },
    'Progressing',
    'waiting for rollout spec update to be observed',
  ],
  [
    'generations compare as numbers',
    rolloutOf({ generation: 10, status: { observedGeneration: '9' } }),
    'Progressing',
    'waiting for rollout spec update to be observed',
  ],
  [
    'a later one is no earlier one',
    rolloutOf({ generation: 9, status: { observedGeneration: '10' } }),
    'Healthy',
    '',
  ],
  [
    'unpausing',
    rolloutOf({ status: { ...UPDATING, controllerPause: true, pauseConditions: null } }),
    'Progressing',
    'waiting for rollout to unpause',
  ],
  [
    'invalid, whatever its status says',
    rolloutOf({ status: { conditions: [{ type: 'InvalidSpec', status: 'False', message: 'no service' }] } }),
    'Degraded',
    'InvalidSpec: no service',
  ],
  [
    'aborted',
    rolloutOf({ status: ABORTED }),
    'Degraded',
    'RolloutAborted: Rollout aborted update to revision 2',
  ],
  [
    'late',
    rolloutOf({
      status: {
        conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded', message: 'timed out' }],
      },
    }),
    'Degraded',
    'ProgressDeadlineExceeded: timed out',
  ],
  [
    'aborted comes before a pause by hand',
    rolloutOf({ spec: { paused: true }, status: ABORTED }),
    'Degraded',
    'RolloutAborted: Rollout aborted update to revision 2',
  ],
  ['paused by hand', rolloutOf({ spec: { paused: true } }), 'Paused', 'manually paused'],
  ['at a pause step', rolloutOf({ status: AT_GATE }), 'Paused', 'CanaryPauseStep'],
  [
    'at a blue-green pause',
    rolloutOf({ spec: BLUE_GREEN, status: pausedBy('BlueGreenPause') }),
    'Paused',
    'BlueGreenPause',
  ],
  [
    'an analysis is inconclusive',
    rolloutOf({ status: pausedBy('InconclusiveAnalysisRun') }),
    'Paused',
    'InconclusiveAnalysisRun',
  ],
  [
    'an experiment is inconclusive',
    rolloutOf({ status: pausedBy('InconclusiveExperiment') }),
    'Paused',
    'InconclusiveExperiment',
  ],
  [
    'to be restarted',
    rolloutOf({ spec: { restartAt: '2026-11-24T12:00:00Z' } }),
    'Progressing',
    'rollout is restarting',
  ],
  [
    'to be restarted again',
    rolloutOf({
      spec: { restartAt: '2026-11-24T12:00:00Z' },
      status: { restartedAt: '2026-11-23T12:00:00Z' },
    }),
    'Progressing',
    'rollout is restarting',
  ],
  [
    'restarted',
    rolloutOf({
      spec: { restartAt: '2026-11-24T12:00:00Z' },
      status: { restartedAt: '2026-11-24T12:00:00Z' },
    }),
    'Healthy',
    '',
  ],
  [
    'old pods are left',
    rolloutOf({ status: { updatedReplicas: 3 } }),
    'Progressing',
    'more replicas need to be updated',
  ],
  [
    'one replica is the default',
    { metadata: { generation: 1 }, status: { observedGeneration: '1' } },
    'Progressing',
    'more replicas need to be updated',
  ],
  [
    'new pods are not available',
    rolloutOf({ status: { availableReplicas: 3 } }),
    'Progressing',
    'updated replicas are still becoming available',
  ],
  [
    'blue-green, without an active selector',
    rolloutOf({ spec: BLUE_GREEN }),
    'Progressing',
    'active service cutover pending',
  ],
  [
    'blue-green, old pods active',
    rolloutOf({ spec: BLUE_GREEN, status: active('old') }),
    'Progressing',
    'active service cutover pending',
  ],
  [
    'blue-green, not stable',
    rolloutOf({ spec: BLUE_GREEN, status: { ...active('new'), stableRS: 'old' } }),
    'Progressing',
    'waiting for post-promotion verification to complete',
  ],
  [
    'blue-green, no stable',
    rolloutOf({ spec: BLUE_GREEN, status: { ...active('new'), stableRS: '' } }),
    'Progressing',
    'waiting for post-promotion verification to complete',
  ],
  [
    'blue-green, post-promotion analysis runs',
    rolloutOf({
      spec: postPromotion,
      status: {
        stableRS: 'old',
        blueGreen: { activeSelector: 'new', postPromotionAnalysisRunStatus: { status: 'Running' } },
      },
    }),
    'Progressing',
    'waiting for analysis to complete',
  ],
  [
    'blue-green, post-promotion analysis is over',
    rolloutOf({
      spec: postPromotion,
      status: {
        stableRS: 'old',
        blueGreen: { activeSelector: 'new', postPromotionAnalysisRunStatus: { status: 'Successful' } },
      },
    }),
    'Progressing',
    'waiting for post-promotion verification to complete',
  ],
  ['blue-green, done', rolloutOf({ spec: BLUE_GREEN, status: active('new') }), 'Healthy', ''],
  [
    'without a router, old pods are there',
    rolloutOf({ spec: basic, status: { replicas: 5 } }),
    'Progressing',
    'old replicas are pending termination',
  ],
  ['with a router, old pods may stay', rolloutOf({ status: { replicas: 8 } }), 'Healthy', ''],
  [
    'steps are left',
    rolloutOf({ status: { stableRS: 'old' } }),
    'Progressing',
    'waiting for all steps to complete',
  ],
  ['no stable', rolloutOf({ status: { stableRS: '' } }), 'Progressing', 'waiting for all steps to complete'],
  ['done', rolloutOf(), 'Healthy', ''],
];

describe('the phase of a Rollout', () => {
  for (const [row, rollout, name, message] of TABLE) {
    it(row, () => assert.deepEqual(phaseOf(rollout), { name, message }));
  }
});
