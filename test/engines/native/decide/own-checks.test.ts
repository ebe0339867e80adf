import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Assessment } from '../../../../src/analysis/assessment.ts';
import { decide } from '../../../../src/engines/native/decide/decide.ts';
import { ownStep } from '../../../../src/engines/native/decide/waits.ts';
import type { Moment } from '../../../../src/engines/native/observe/situation.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { CheckResult } from '../../../../src/measurements.ts';
import type { Step } from '../../../../src/settings/steps.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { plan, record, withCanary } from '../fixtures.ts';

const STEP: Step = { kind: 'weight', weight: 10, holdMs: 60_000, checks: ['smoke'] };
const HOLD: Step = { kind: 'hold', holdMs: 60_000, checks: ['smoke'] };
const PASSED: CheckResult = {
  name: 'smoke',
  step: '10 %',
  value: 1,
  measurements: 3,
  failures: 0,
  passed: true,
};
const PENDING: CheckResult = {
  name: 'smoke',
  step: '10 %',
  message: 'no value yet',
  measurements: 3,
  failures: 0,
};

const seen = (over: Partial<Assessment> = {}): Assessment => ({
  trafficShare: { verdict: 'agrees', canary: 120, total: 1_200, sinceMs: 20_000 },
  conclusive: true,
  comparisons: [],
  checks: [],
  ...over,
});

function momentAt(step: Step, over: Partial<PromotionRecord>, assessment: Assessment, now: number): Moment {
  const steps: Step[] = step.kind === 'hold' ? [{ kind: 'weight', weight: 10, holdMs: 1000 }, step] : [step];
  const own = record({ plan: plan({ steps, firstContact: { weight: 1, ms: 0 } }) });
  const stage = stagesOf(own).findIndex(({ kind }) => kind === step.kind);
  return {
    record: { ...own, stage, ...over },
    snapshot: withCanary(4, 10, {
      stable: withCanary(4, 10).stable,
      canary: withCanary(1, 10).canary,
      assessment,
    }),
    now,
    router: nginx,
  };
}

const words = (moment: Moment): string => {
  const decision = decide(moment);
  switch (decision.do) {
    case 'record': {
      const { direction, stage, reachedAt, confirmedAt, reason } = decision.record;
      if (direction === 'down') return `down ${reason?.split('\n')[0]}`;
      if (stage !== moment.record.stage) return `next, ${decision.events.map(({ type }) => type).join()}`;
      return reachedAt !== undefined && confirmedAt === undefined ? 'reached' : 'confirmed';
    }
    case 'wait':
      return decision.event.type === 'waiting' ? `wait ${decision.event.for}` : decision.event.type;
    default:
      return decision.do;
  }
};

const IN_FORCE = { reachedAt: 0, confirmedAt: 0 };
const SURE: Step = { ...STEP, untilSure: true };
const AT_ONCE: Step = { ...STEP, holdMs: 0 };

describe('engines/native/decide: a step with checks of its own', () => {
  const table: [
    what: string,
    step: Step,
    record: Partial<PromotionRecord>,
    assessment: Assessment,
    now: number,
    decision: string,
  ][] = [
    ['its time runs', STEP, IN_FORCE, seen({ checks: [PASSED] }), 59_999, 'holding'],
    ['it passed, and the time is over', STEP, IN_FORCE, seen({ checks: [PASSED] }), 60_000, 'next, measured'],
    ['it has not begun', STEP, IN_FORCE, seen(), 60_000, 'wait check smoke: not measured yet'],
    ['no value yet', STEP, IN_FORCE, seen({ checks: [PENDING] }), 60_000, 'wait check smoke: no value yet'],
    [
      'the result of another check with that name',
      STEP,
      IN_FORCE,
      seen({ checks: [{ ...PASSED, name: 'ready' }] }),
      60_000,
      'wait check smoke: not measured yet',
    ],
    [
      'no value until the timeout',
      STEP,
      IN_FORCE,
      seen({ checks: [PENDING] }),
      360_000,
      'down A check has had no value since the step began, 5m past its end: check smoke: no value yet.',
    ],
    ['sure before its end', SURE, IN_FORCE, seen({ checks: [PASSED] }), 20_000, 'next, measured'],
    ['sure, but the check has no value', SURE, IN_FORCE, seen({ checks: [PENDING] }), 20_000, 'holding'],
    [
      'sure, with a value, and the judge waits',
      SURE,
      IN_FORCE,
      seen({ checks: [PASSED], conclusive: false }),
      20_000,
      'holding',
    ],
    ['a step of no time notes when it was reached', AT_ONCE, {}, seen(), 0, 'reached'],
    [
      'a step of no time waits for its check',
      AT_ONCE,
      IN_FORCE,
      seen(),
      0,
      'wait check smoke: not measured yet',
    ],
    ['a step of no time', AT_ONCE, IN_FORCE, seen({ checks: [PASSED] }), 0, 'next, measured'],
    [
      'a step of no time, and no value until the timeout',
      AT_ONCE,
      IN_FORCE,
      seen({ checks: [PENDING] }),
      300_000,
      'down A check has had no value since the step began, 5m past its end: check smoke: no value yet.',
    ],
    [
      'a check of all steps has no value',
      STEP,
      IN_FORCE,
      seen({ checks: [PASSED], pending: 'check ready: not measured yet' }),
      60_000,
      'wait check ready: not measured yet',
    ],
    ['at a hold', HOLD, { reachedAt: 0 }, seen({ checks: [PASSED] }), 60_000, 'next, measured'],
    ['at a hold, no value', HOLD, { reachedAt: 0 }, seen(), 60_000, 'wait check smoke: not measured yet'],
    [
      'at a hold, one of all steps has no value',
      HOLD,
      { reachedAt: 0 },
      seen({ checks: [PASSED], pending: 'check ready: not measured yet' }),
      60_000,
      'next, measured',
    ],
    [
      'at a hold, no value until the timeout',
      HOLD,
      { reachedAt: 0 },
      seen(),
      360_000,
      'down A check has had no value since the step began, 5m past its end: check smoke: not measured yet.',
    ],
    [
      'it failed',
      STEP,
      IN_FORCE,
      seen({ failure: 'Check smoke of the step 10 % failed once.' }),
      10_000,
      'down Check smoke of the step 10 % failed once.',
    ],
    [
      'at a hold it failed',
      HOLD,
      { reachedAt: 0 },
      seen({ failure: 'Check smoke of the step hold failed once.' }),
      10_000,
      'down Check smoke of the step hold failed once.',
    ],
  ];
  for (const [what, step, over, assessment, now, decision] of table) {
    it(`${what}: ${decision}`, () => assert.equal(words(momentAt(step, over, assessment, now)), decision));
  }
});

describe('engines/native/decide: when the checks of a step begin', () => {
  const late = seen({ trafficShare: { verdict: 'too few', canary: 0, total: 2, sinceMs: 0 } });
  const blind = seen({ trafficShare: { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 } });
  const table: [
    what: string,
    step: Step,
    record: Partial<PromotionRecord>,
    assessment: Assessment,
    isInForce: boolean | undefined,
  ][] = [
    ['the weight is not reached', STEP, {}, seen(), false],
    ['the share is not seen', STEP, { reachedAt: 0 }, late, false],
    ['the share is seen, and not noted', STEP, { reachedAt: 0 }, seen(), false],
    ['the share was seen', STEP, IN_FORCE, late, true],
    ['nothing shows the share', STEP, { reachedAt: 0 }, blind, true],
    ['nobody uses the service', STEP, { reachedAt: 0, watched: { by: ['x'], idle: true } }, late, true],
    ['a hold is reached', HOLD, { reachedAt: 0 }, late, true],
    ['a hold is not reached', HOLD, {}, seen(), false],
    ['a step without checks', { kind: 'weight', weight: 10, holdMs: 1 }, IN_FORCE, seen(), undefined],
    ['the way back', STEP, { ...IN_FORCE, direction: 'down', stage: 0 }, seen(), undefined],
  ];
  for (const [what, step, over, assessment, isInForce] of table) {
    it(`${what}: ${isInForce}`, () => {
      const found = ownStep(momentAt(step, over, assessment, 1000));
      assert.equal(found?.isInForce, isInForce);
      if (found)
        assert.deepEqual([found.checks, found.name], [['smoke'], step.kind === 'hold' ? 'hold' : '10 %']);
    });
  }
});
