import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { missingDataFault, pendingOf } from '../../../../src/engines/native/decide/analysis-fault.ts';
import { holdStage, reached } from '../../../../src/engines/native/decide/waits.ts';
import type { PromotionRecord } from '../../../../src/engines/native/plan/record.ts';
import type { Stage } from '../../../../src/engines/native/plan/stage.ts';
import { stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import { nginx } from '../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, plan, record, withCanary } from '../fixtures.ts';

const DOWN = { direction: 'down', reason: 'It was bad.' } as const;
const NO_DRAIN = { plan: plan({ drainMs: 0, settleMs: 0 }) };

/** `seen`: the requests on the canary in the last two seconds; undefined if nothing shows them. */
const CASES: [
  what: string,
  stage: Stage['kind'],
  record: Partial<PromotionRecord>,
  seen: number | undefined,
  heldMs: number,
][] = [
  ['seen empty: the drain of the settings', 'drain-canary', { ...DOWN, drain: true }, 0, 4_000],
  [
    'blind: twice the longest time of the router',
    'drain-canary',
    { ...DOWN, drain: true },
    undefined,
    16_000,
  ],
  ['no user was on it: at once', 'drain-canary', DOWN, undefined, 0],
  ['blind at the end of the way up', 'shift-back', {}, undefined, 16_000],
  ['seen at the end of the way up', 'shift-back', {}, 0, 4_000],
  ['blind, before stable is written', 'shift', {}, undefined, 16_000],
  ['blind, before stable is put back', 'canary-takes-all', { ...DOWN, restore: true }, undefined, 16_000],
  ['blind, and nobody is moved', 'grow', {}, undefined, 4_000],
  ['blind, with no pause wanted', 'shift-back', NO_DRAIN, undefined, 0],
  ['blind, with a longer pause wanted', 'shift-back', { plan: plan({ drainMs: 60_000 }) }, undefined, 60_000],
];

describe('engines/native/decide/waits', () => {
  for (const [what, kind, over, recentCanary, heldMs] of CASES) {
    it(`${kind}, ${what}: ${heldMs / 1000} s`, () => {
      const stage = stagesOf(record(over)).find((each) => each.kind === kind) ?? assert.fail(kind);
      const after = (ms: number) =>
        holdStage({
          record: record({ ...over, reachedAt: 0 }),
          stage,
          snapshot: withCanary(4, 0, { recentCanary }),
          now: ms,
          router: nginx,
        }).do;
      assert.equal(after(heldMs), 'record');
      if (heldMs > 0) assert.equal(after(heldMs - 1), 'wait');
    });
  }
});

describe('engines/native/decide/waits: a source that counts late', () => {
  const late = { nowMs: 700, mostMs: 10_500 };
  const trafficShare = { verdict: 'agrees', canary: 45, total: 450, sinceMs: 3000 } as const;
  const assessment = { trafficShare, conclusive: false, comparisons: [], checks: [], late };
  const kinds: [kind: Stage['kind'], heldMs: number][] = [
    ['first-contact', 10_700],
    ['weight', 60_700],
    ['shift', 4_700],
    ['grow', 4_000],
    ['shift-back', 4_000],
  ];
  for (const [kind, heldMs] of kinds) {
    it(`${kind}: it lasts ${heldMs / 1000} s, until what its users met is known`, () => {
      const own = record({
        plan: plan({ firstContact: { weight: 1, ms: 10_000 } }),
        reachedAt: 0,
        confirmedAt: 0,
      });
      const stage = stagesOf(own).find((each) => each.kind === kind) ?? assert.fail(kind);
      const snapshot = withCanary(4, 0, { recentCanary: 0, assessment });
      const after = (now: number) => holdStage({ record: own, stage, snapshot, now, router: nginx }).do;
      assert.deepEqual([after(heldMs - 1), after(heldMs)], ['wait', 'record']);
    });
  }
});

describe('engines/native/decide/waits: stable goes down under a canary whose weight is in force', () => {
  const stable = deployment('web', FROM, 4);
  const situation = (available: number, now: number) => {
    const stage = stagesOf(record()).find(({ kind }) => kind === 'weight') ?? assert.fail();
    return {
      record: record({ reachedAt: 0, confirmedAt: 0 }),
      stage,
      snapshot: withCanary(1, 10, {
        stable: { ...stable, status: { ...stable.status, availableReplicas: available } },
      }),
      now,
      router: nginx,
    };
  };
  const { forMs } = situation(0, 0).stage;
  const { timeoutMs } = plan();

  it('the step does not end, and says what it waits for', () => {
    const decision = holdStage(situation(0, forMs));
    assert.equal(decision.do, 'wait');
    assert.match(JSON.stringify(decision), /a pod of Deployment\/web to be available: 0 of 4 are/);
  });

  it('the step ends when a pod is back', () => assert.equal(holdStage(situation(1, forMs)).do, 'record'));

  it('a weight without a time waits too, and its wait begins', () => {
    const atOnce = (available: number) => {
      const given = situation(available, 9);
      return { ...given, record: record(), stage: { ...given.stage, forMs: 0 } };
    };
    const begun = reached(atOnce(0));
    assert.equal(begun?.do === 'record' && begun.record?.reachedAt, 9);
    assert.equal(reached(atOnce(1)), undefined, 'nothing is waited for');
  });

  it('the promotion is taken back when its time is over', () => {
    assert.equal(missingDataFault(situation(0, forMs + timeoutMs - 1)), undefined);
    const fault = missingDataFault(situation(0, forMs + timeoutMs));
    assert.equal(fault?.answer, 'down');
    assert.match(fault?.reason ?? '', /^Stable went down under the canary\. .* 0 of 4 are\.$/);
  });
});

describe('engines/native/decide/waits: what a silent step waits for', () => {
  const silent = {
    trafficShare: { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 },
    conclusive: true,
    comparisons: [],
    checks: [],
  } as const;
  const table: [what: string, by: string[], waits: string | undefined][] = [
    ['the log', ['the access log'], 'the access log to show a request of either version'],
    ['the log, beside a Job', ['check smoke', 'the access log'], 'the access log to show a request'],
    ['a Job alone, which counts no requests', ['check smoke'], undefined],
    ['nothing', [], undefined],
  ];
  for (const [what, by, waits] of table) {
    it(`${what} has watched at the start: ${waits ?? 'for nothing'}`, () => {
      const own = record({ reachedAt: 0, confirmedAt: 0, watched: { by } });
      const [stage] = stagesOf(own);
      assert.ok(stage);
      const found = pendingOf({ record: own, stage, snapshot: withCanary(1, 10, { assessment: silent }) });
      if (waits === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', new RegExp(`^${waits}`));
    });
  }
});
