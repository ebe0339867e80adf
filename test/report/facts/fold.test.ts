import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PromotionEvent, StageEvent } from '../../../src/events.ts';
import type { Outcome } from '../../../src/outcome.ts';
import type { Facts } from '../../../src/report/facts/facts.ts';
import { factsOf, noStory, withEvent } from '../../../src/report/facts/fold.ts';
import { promotion } from './stories.ts';

/** The facts of events, one each second from 1000 on. */
function factsAfter(events: readonly PromotionEvent[], outcome?: Outcome): Facts {
  const story = events.reduce((so, event, index) => withEvent(so, event, 1000 * (index + 1)), noStory());
  return factsOf(story, outcome, 1000 * (events.length + 1));
}

function stage(name: string, kind = 'weight', weight?: number): StageEvent {
  return { type: 'stage', index: 0, count: 2, kind, name, ...(weight === undefined ? {} : { weight }) };
}

const ENDED: Outcome = { kind: 'aborted', reason: 'x', hints: [] };
const COUNTED = {
  type: 'counted',
  stage: '10 %',
  weight: 10,
  comparisons: [
    {
      what: 'failed',
      canary: { requests: 3, bad: 1 },
      reference: { name: 'stable', requests: 9, bad: 0 },
      conclusive: false,
      source: 'router',
    },
  ],
} as const satisfies PromotionEvent;
const MEASURED = {
  ...COUNTED,
  type: 'measured',
  checks: [],
  conclusive: false,
} as const satisfies PromotionEvent;
const CRASH: PromotionEvent = { type: 'trouble', pod: 'p', reason: 'Crash', message: 'm', log: [] };

const TABLE: [what: string, events: PromotionEvent[], outcome: Outcome | undefined, facts: Partial<Facts>][] =
  [
    ['begins with its first event', [{ type: 'debug', message: 'x' }], undefined, { startedAt: 1000 }],
    ['begins with its first run if it was resumed', [], { ...ENDED, startedAt: 7 }, { startedAt: 7 }],
    [
      'says of a stage which checks it has of its own',
      [{ ...stage('50 %', 'weight', 50), checks: ['smoke', 'slow'] }],
      undefined,
      {
        stages: {
          shown: [
            {
              name: '50 %',
              kind: 'weight',
              from: 1000,
              notes: { shown: ['with checks smoke and slow'], total: 1 },
            },
          ],
          total: 1,
        },
      },
    ],
    [
      'says of a stage that copies requests that it has no users',
      [
        stage('mirror 10 %', 'mirror', 0),
        { type: 'holding', reason: 'mirror', stage: 'mirror 10 %', weight: 0, ms: 30_000 },
      ],
      undefined,
      {
        stages: {
          shown: [
            {
              name: 'mirror 10 %',
              kind: 'mirror',
              from: 1000,
              notes: { shown: ['requests are copied, no user is on the canary: held for 30s'], total: 1 },
            },
          ],
          total: 1,
        },
      },
    ],
    [
      'ends a stage when the next one begins, and the last one at the outcome',
      [stage('a'), stage('b')],
      ENDED,
      {
        stages: {
          shown: [
            { name: 'a', kind: 'weight', from: 1000, to: 2000, notes: { shown: [], total: 0 } },
            { name: 'b', kind: 'weight', from: 2000, to: 3000, notes: { shown: [], total: 0 } },
          ],
          total: 2,
        },
      },
    ],
    [
      'has the weight that was written, not the one that a stage wants',
      [stage('10 %', 'weight', 10), stage('weight 0', 'drain-canary')],
      ENDED,
      { weights: { shown: [], total: 0 } },
    ],
    [
      'has the weights of a Rollout from its steps',
      [stage('setWeight: 20', 'setWeight', 20)],
      ENDED,
      { weights: { shown: [{ at: 1000, weight: 20 }], total: 1 } },
    ],
    ['says why it went back', [{ type: 'down', reason: 'bad' }], ENDED, { down: 'bad' }],
    [
      'tells a trouble once',
      [CRASH, CRASH],
      ENDED,
      {
        troubles: {
          shown: [{ at: 1000, pod: 'p', reason: 'Crash', message: 'm', log: { shown: [], total: 0 } }],
          total: 1,
        },
      },
    ],
    [
      'takes the last counts of a stage that was not measured',
      [COUNTED],
      ENDED,
      {
        measured: [
          { stage: '10 %', weight: 10, comparisons: COUNTED.comparisons, failed: false, unfinished: true },
        ],
      },
    ],
    [
      'takes the measurement of a stage before its last counts',
      [COUNTED, MEASURED],
      ENDED,
      { measured: [{ stage: '10 %', weight: 10, comparisons: COUNTED.comparisons, failed: false }] },
    ],
    [
      'does not judge the stages after the last step',
      [COUNTED],
      { ...ENDED, kind: 'promoted' },
      { measured: [] },
    ],
  ];

describe('report/page/fold', () => {
  for (const [what, events, outcome, expected] of TABLE) {
    it(what, () => {
      const facts = factsAfter(events, outcome);
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(facts[key as keyof Facts], value);
    });
  }

  it('notes in its stage what it waited for, once', () => {
    const waiting: PromotionEvent = { type: 'waiting', for: 'the pods' };
    const { stages } = factsAfter([stage('a'), waiting, waiting, { type: 'weight', weight: 5, routes: [] }]);
    assert.deepEqual(stages.shown[0]?.notes, { shown: ['waited for the pods'], total: 1 });
    assert.equal(stages.shown[0]?.weight, 5);
  });

  it('knows whose share the weights are', () => {
    const pods: PromotionEvent = { type: 'weight', weight: 40, weightOf: 'pods', routes: [] };
    assert.equal(factsAfter([stage('a'), pods]).weightOf, 'pods');
    assert.equal(factsAfter([stage('a'), { type: 'weight', weight: 5, routes: [] }]).weightOf, undefined);
  });

  it('keeps the newest result of each check', () => {
    const check = { name: 'c', measurements: 1, failures: 0 };
    const first = { ...MEASURED, checks: [{ ...check, value: 1 }] };
    const second = { ...MEASURED, stage: '50 %', checks: [{ ...check, value: 2 }] };
    assert.deepEqual(factsAfter([first, second]).checks, [{ ...check, value: 2, stage: '50 %' }]);
  });

  it('keeps one result of a check of single steps for each of them', () => {
    const check = { name: 'c', step: '5 %', measurements: 1, failures: 0 };
    const first = { ...MEASURED, checks: [check] };
    const second = { ...MEASURED, stage: '50 %', checks: [{ ...check, step: '50 %' }] };
    assert.deepEqual(factsAfter([first, second]).checks, [
      { ...check, stage: MEASURED.stage },
      { ...check, step: '50 %', stage: '50 %' },
    ]);
  });

  for (const seconds of [5, 600, 1205, 3600, 20_000]) {
    it(`keeps a part of ${seconds} counts at even distances, with the first and the last one`, () => {
      const { events, outcome, at } = promotion(seconds);
      const story = events.reduce((so, [event, when]) => withEvent(so, event, when), noStory());
      const { shown, total } = factsOf(story, outcome, at).counted;
      const times = events.filter(([{ type }]) => type === 'counted').map(([, when]) => when);
      assert.equal(total, times.length);
      assert.deepEqual([shown[0]?.at, shown.at(-1)?.at], [times[0], times.at(-1)]);
      assert.ok(shown.length <= 601 && (seconds < 601 ? shown.length === total : shown.length >= 300));
      const steps = shown.slice(1, -1).map(({ at: when }, index) => when - (shown[index]?.at ?? 0));
      assert.ok(new Set(steps).size <= 1, `${[...new Set(steps)]}`);
    });
  }

  it('cuts long lists and texts, and says how long they were', () => {
    const lines = Array.from({ length: 500 }, (_, index) => `${index}`);
    const { plans, troubles, warnings } = factsAfter([
      { type: 'plan', title: 't', lines },
      { ...CRASH, log: lines },
      { type: 'warning', message: 'x'.repeat(10_000) },
    ]);
    assert.deepEqual([plans.shown[0]?.lines.shown.length, plans.shown[0]?.lines.total], [120, 500]);
    assert.deepEqual(troubles.shown[0]?.log.shown.at(-1), '499');
    assert.equal(troubles.shown[0]?.log.total, 500);
    assert.match(warnings.shown[0] ?? '', /^x{600}… \(9400 more characters\)$/);
  });
});
