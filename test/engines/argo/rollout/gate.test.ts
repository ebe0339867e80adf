import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gateOf, standsAt } from '../../../../src/engines/argo/rollout/gate.ts';
import { ABORTED, AT_GATE, BLUE_GREEN, rolloutOf, UPDATING } from '../fixtures.ts';

const pausedBy = (reason: string, currentStepIndex = 1) => ({
  ...AT_GATE,
  currentStepIndex,
  pauseConditions: [{ reason, startTime: 't' }],
});
const blueGreen = (over: object) => ({ strategy: { blueGreen: { activeService: 'web', ...over } } });

describe('a pause for a person', () => {
  const cases: [what: string, rollout: Parameters<typeof rolloutOf>[0], message: RegExp | undefined][] = [
    ['a pause step without a duration', { status: AT_GATE }, /^step 2 of 4 is a pause without a duration$/],
    ['a pause step with one', { status: pausedBy('CanaryPauseStep', 3) }, undefined],
    ['by hand', { spec: { paused: true } }, /by hand/],
    [
      'an inconclusive analysis in the background',
      { status: pausedBy('InconclusiveAnalysisRun') },
      /^the analysis in the background is inconclusive$/,
    ],
    [
      'an inconclusive analysis that is a step',
      {
        status: {
          ...pausedBy('InconclusiveAnalysisRun'),
          canary: { currentStepAnalysisRunStatus: { status: 'Inconclusive' } },
        },
      },
      /^the analysis, step 2 of 4, is inconclusive$/,
    ],
    [
      'an inconclusive analysis before the switch',
      {
        spec: BLUE_GREEN,
        status: {
          ...pausedBy('InconclusiveAnalysisRun'),
          blueGreen: { prePromotionAnalysisRunStatus: { status: 'Inconclusive' } },
        },
      },
      /before the switch is inconclusive; no user/,
    ],
    [
      'and after it',
      {
        spec: BLUE_GREEN,
        status: {
          ...pausedBy('InconclusiveAnalysisRun'),
          blueGreen: {
            prePromotionAnalysisRunStatus: { status: 'Successful' },
            postPromotionAnalysisRunStatus: { status: 'Inconclusive' },
          },
        },
      },
      /after the switch is inconclusive; the users are on the new release/,
    ],
    [
      'an inconclusive experiment',
      { status: pausedBy('InconclusiveExperiment', 0) },
      /^the experiment, step 1 of 4, is inconclusive$/,
    ],
    ['what is not known', { status: pausedBy('Sunday') }, /^it is paused: Sunday$/],
    [
      'blue-green without automatic promotion',
      { spec: blueGreen({ autoPromotionEnabled: false }), status: pausedBy('BlueGreenPause') },
      /the preview is ready/,
    ],
    [
      'blue-green, promoted by itself later',
      { spec: blueGreen({ autoPromotionSeconds: 30 }), status: pausedBy('BlueGreenPause') },
      undefined,
    ],
    [
      'seconds without automatic promotion mean nothing',
      {
        spec: blueGreen({ autoPromotionEnabled: false, autoPromotionSeconds: 30 }),
        status: pausedBy('BlueGreenPause'),
      },
      /the preview is ready/,
    ],
    ['being promoted fully', { status: { ...AT_GATE, promoteFull: true } }, undefined],
    ['none', {}, undefined],
  ];
  for (const [what, rollout, message] of cases) {
    it(what, () => {
      const gate = gateOf(rolloutOf(rollout));
      if (message) assert.match(gate?.message ?? '', message);
      else assert.equal(gate, undefined);
    });
  }
});

describe('the same gate', () => {
  const same = (a: object, b: object) =>
    standsAt(rolloutOf({ status: a })) === standsAt(rolloutOf({ status: b }));
  const later = (status: typeof AT_GATE) => ({ ...status, availableReplicas: 3 });

  it('is it when something else has changed', () => assert.ok(same(AT_GATE, later(AT_GATE))));
  it('is not the next one', () => {
    assert.ok(!same(AT_GATE, { ...AT_GATE, currentStepIndex: 3 }));
    assert.ok(!same(AT_GATE, UPDATING));
  });
  it('is an inconclusive analysis in the background, while the steps go on', () => {
    assert.ok(same(pausedBy('InconclusiveAnalysisRun', 0), pausedBy('InconclusiveAnalysisRun', 1)));
  });
  it('is an abort, and not another one', () => {
    assert.ok(same(ABORTED, later({ ...AT_GATE, ...ABORTED, pauseConditions: [] })));
    assert.ok(!same(ABORTED, { ...ABORTED, abortedAt: '2026-11-24T12:00:09Z' }));
  });
});
