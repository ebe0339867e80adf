import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HoldingEvent, PromotionEvent } from '../../src/events.ts';
import type { ComparisonResult } from '../../src/measurements.ts';
import { NOTHING_UNDER_WAY, progressAfter, progressText } from '../../src/report/progress.ts';

const T0 = Date.parse('2026-11-24T12:00:00Z');
const failed: ComparisonResult = {
  what: 'failed',
  canary: { requests: 1204, bad: 2 },
  reference: { name: 'stable', requests: 22118, bad: 5 },
  conclusive: true,
  source: 'router',
};
const slow: ComparisonResult = { ...failed, what: 'slow', boundMs: 250 };
const STEP: HoldingEvent = { type: 'holding', reason: 'step', stage: '10 %', weight: 10, ms: 300_000 };
const counted = (...comparisons: ComparisonResult[]): PromotionEvent => ({
  type: 'counted',
  stage: '10 %',
  weight: 10,
  comparisons,
});
const stage: PromotionEvent = { type: 'stage', index: 1, count: 7, kind: 'weight', name: '50 %' };
const waiting = (what: string, timeoutMs?: number): PromotionEvent => ({
  type: 'waiting',
  for: what,
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});

/** Events and the minutes after T0 at which they come; then the minute of the line. */
type Row = [what: string, events: [PromotionEvent, minute: number][], at: number, line: string | undefined];

const ROWS: Row[] = [
  ['nothing is waited for', [[stage, 0]], 1, undefined],
  ['a step says how long it still takes', [[STEP, 0]], 2, 'at 10 %: 3m left'],
  [
    'a step says how the canary does',
    [
      [STEP, 0],
      [counted(failed), 1],
    ],
    2,
    'at 10 %: 3m left; canary 2 of 1,204 failed, stable 5 of 22,118',
  ],
  [
    'the counts are the last ones',
    [
      [STEP, 0],
      [counted({ ...failed, canary: { requests: 1, bad: 0 } }), 1],
      [counted(failed), 2],
    ],
    2,
    'at 10 %: 3m left; canary 2 of 1,204 failed, stable 5 of 22,118',
  ],
  [
    'slow requests stand beside the failed ones',
    [
      [STEP, 0],
      [counted(failed, slow), 1],
    ],
    2,
    'at 10 %: 3m left; canary 2 of 1,204 failed, stable 5 of 22,118; canary 2 of 1,204 over 250 ms, stable 5 of 22,118',
  ],
  [
    'slow requests are left out if the canary has none',
    [
      [STEP, 0],
      [counted({ ...slow, canary: { requests: 1204, bad: 0 } }), 1],
    ],
    2,
    'at 10 %: 3m left',
  ],
  [
    'a release that serves all users is compared with the version before it',
    [
      [{ type: 'holding', reason: 'bake', stage: '', ms: 300_000 }, 0],
      [counted({ ...failed, reference: { ...failed.reference, name: 'before' } }), 1],
    ],
    2,
    'judging what serves all users: 3m left; release 2 of 1,204 failed, before 5 of 22,118',
  ],
  [
    'a resumed step has the time that is left of it',
    [[{ ...STEP, endsAt: T0 + 120_000 }, 0]],
    1,
    'at 10 %: 1m left',
  ],
  ['a step whose time is over says nothing, because the next event comes', [[STEP, 0]], 5, undefined],
  [
    'a wait without a limit says how long it lasts',
    [[waiting('the guard'), 0]],
    3,
    'for the guard: since 3m',
  ],
  [
    'a wait with a limit says how long it may still last',
    [[waiting('the guard', 300_000), 0]],
    3,
    'for the guard: since 3m, 2m more at most',
  ],
  [
    'a wait that goes forward began with its first event',
    [
      [waiting('1 of 4 pods'), 0],
      [waiting('2 of 4 pods'), 1],
    ],
    3,
    'for 2 of 4 pods: since 3m',
  ],
  [
    'a wait after a step begins anew',
    [
      [STEP, 0],
      [waiting('enough requests'), 5],
    ],
    7,
    'for enough requests: since 2m',
  ],
  [
    'the next stage has nothing to wait for yet',
    [
      [STEP, 0],
      [counted(failed), 1],
      [stage, 5],
    ],
    6,
    undefined,
  ],
  [
    'nor has the way down',
    [
      [STEP, 0],
      [{ type: 'down', reason: 'It fails.' }, 1],
    ],
    6,
    undefined,
  ],
];

describe('report/progress: the line of a long wait', () => {
  for (const [what, events, at, line] of ROWS) {
    it(what, () => {
      const progress = events.reduce(
        (state, [event, minute]) => progressAfter(state, event, T0 + minute * 60_000),
        NOTHING_UNDER_WAY,
      );
      assert.equal(progressText(progress, T0 + at * 60_000), line);
    });
  }

  it('has words for every reason to hold', () => {
    const reasons: [reason: HoldingEvent['reason'], text: string][] = [
      ['step', 'at 10 %: 4m left'],
      ['first-contact', 'first contact: 4m left'],
      ['without-users', 'without users: 4m left'],
      ['drain-canary', 'draining: 4m left'],
      ['drain-baseline', 'draining: 4m left'],
      ['settle', 'settling: 4m left'],
      ['bake', 'judging what serves all users: 4m left'],
      ['recovery', 'until the cluster’s controllers follow: 4m left'],
    ];
    for (const [reason, text] of reasons) {
      const progress = progressAfter(NOTHING_UNDER_WAY, { ...STEP, reason }, T0);
      assert.equal(progressText(progress, T0 + 60_000), text);
    }
  });
});
