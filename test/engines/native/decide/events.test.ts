import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { PromotionEvent } from '../../../../src/events.ts';
import type { CheckResult, ComparisonResult } from '../../../../src/measurements.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { plan, record, withCanary } from '../fixtures.ts';

const COMPARED: ComparisonResult = {
  what: 'failed',
  canary: { requests: 45, bad: 0 },
  reference: { name: 'stable', requests: 405, bad: 1 },
  detectable: 0.2,
  conclusive: true,
  source: 'router',
};
const CHECK: CheckResult = { name: 'queue', value: 3, max: 10, measurements: 4, failures: 0, passed: true };
const OPINION: Assessment = {
  trafficShare: { verdict: 'agrees', canary: 45, total: 450, sinceMs: 3000 },
  conclusive: true,
  comparisons: [COMPARED],
  checks: [CHECK],
};

/** The events of the decision at the first weight, 10 % for a minute, which was reached at 0. */
function eventsOf(
  assessment: Assessment | undefined,
  now: number,
  over: Partial<PromotionRecord> = {},
): readonly PromotionEvent[] {
  const base = record({ reachedAt: 0, ...over });
  const stage = stagesOf(base).findIndex(({ kind }) => kind === 'weight');
  const snapshot = { ...withCanary(1, 10), assessment };
  const decision = decide({ record: { ...base, stage }, snapshot, now, router: nginx });
  if (decision.do === 'wait') return [decision.event];
  return decision.do === 'end' ? [] : decision.events;
}

const FORCE = { type: 'in-force', stage: '10 %', weight: 10 } as const;
const MEASURED = {
  type: 'measured',
  stage: '10 %',
  weight: 10,
  comparisons: [COMPARED],
  checks: [CHECK],
} as const;

describe('engines/native/decide: events carry facts', () => {
  it('a weight is in force: the requests that it is told by', () => {
    assert.deepEqual(eventsOf(OPINION, 5000), [{ ...FORCE, canary: 45, total: 450, confirmed: true }]);
  });

  it('a weight that cannot be confirmed', () => {
    const trafficShare = { verdict: 'too few', canary: 0, total: 3, sinceMs: 15_000 } as const;
    assert.deepEqual(eventsOf({ ...OPINION, trafficShare }, 15_000), [
      { ...FORCE, canary: 0, total: 3, confirmed: false },
    ]);
  });

  it('a step is held: why, where and for how long', () => {
    assert.deepEqual(eventsOf(OPINION, 5000, { confirmedAt: 1000 }), [
      { type: 'holding', reason: 'step', stage: '10 %', weight: 10, ms: 60_000, endsAt: 61_000 },
    ]);
  });

  it('a step ends: what was measured, and whether that was enough', () => {
    const end = { confirmedAt: 0 };
    assert.deepEqual(eventsOf(OPINION, 60_000, end), [{ ...MEASURED, conclusive: true }]);
    const few = { ...OPINION, conclusive: false };
    assert.deepEqual(eventsOf(few, 60_000, end), [{ ...MEASURED, conclusive: false }]);
    assert.deepEqual(eventsOf({ ...OPINION, comparisons: [], checks: [] }, 60_000, end), []);
    assert.deepEqual(eventsOf(undefined, 60_000, end), []);
  });

  it('a bad canary: the facts in front of the reason', () => {
    const bad = { ...OPINION, failure: 'The canary fails more than stable.' };
    assert.deepEqual(eventsOf(bad, 5000), [
      { ...MEASURED, conclusive: true, failed: true },
      { type: 'down', reason: 'The canary fails more than stable.' },
    ]);
  });

  it('a low score: likewise', () => {
    const score = { verdict: 'fail', score: 50, passThreshold: 95, points: 20, failing: [] } as const;
    assert.deepEqual(eventsOf({ ...OPINION, score }, 60_000, { confirmedAt: 0 }), [
      { ...MEASURED, score, conclusive: true, failed: true },
      {
        type: 'down',
        reason:
          "Kayenta's judge does not pass the canary: score 50 of 100 over 20 measurements (passes from 95).\nThe score is the part of the metrics, by their weight, in which the canary is like stable.",
      },
    ]);
  });

  it('too few requests for too long, where evidence is required: likewise', () => {
    const few = { ...OPINION, conclusive: false };
    const evident = { plan: plan({ requireEvidence: true }), confirmedAt: 0 };
    const [measured, down] = eventsOf(few, 700_000, evident);
    assert.deepEqual(measured, { ...MEASURED, conclusive: false, failed: true });
    assert.equal(down?.type, 'down');
  });
});
