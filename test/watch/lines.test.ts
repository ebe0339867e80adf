import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PastOutcome } from '../../src/outcome.ts';
import type { Progress } from '../../src/progress.ts';
import { detailsOf, rowsOf } from '../../src/watch/lines.ts';
import { keyOf, type Seen } from '../../src/watch/seen.ts';

const AT = Date.parse('2026-11-28T20:00:00Z');
const IMAGE = 'registry.example.com:5000/shop/web';

const progress = (over: Partial<Progress> = {}): Progress => ({
  state: 'promoting',
  id: '1',
  from: `${IMAGE}:1.0.0`,
  to: `${IMAGE}:1.1.0`,
  by: 'build 77 by ann',
  startedAt: AT - 60_000,
  stage: '10 %',
  number: 1,
  stages: ['10 %', 'clean up'],
  weight: 10,
  since: AT - 30_000,
  holder: 'build 77 by ann',
  watchers: ['ingress-nginx'],
  way: [],
  ...over,
});
const seen = (over: Partial<Seen> = {}): Seen => ({
  namespace: 'shop',
  workload: 'deployment/web',
  history: [],
  ...over,
});
const past = (over: Partial<PastOutcome> = {}): PastOutcome => ({
  outcome: 'aborted',
  image: `${IMAGE}:1.0.0`,
  from: `${IMAGE}:1.0.0`,
  to: `${IMAGE}:1.1.0`,
  reason: '9 of 20 requests failed.',
  by: 'build 77',
  at: '2026-11-28T19:50:00.000Z',
  ...over,
});

function row(each: Seen, silent = false, isFollowed = true) {
  const followed = isFollowed ? [{ key: keyOf(each), id: '1' }] : [];
  return rowsOf({ seen: [each], followed, silent: new Set(silent ? [keyOf(each)] : []), at: AT })[0];
}

describe('watch/lines: a line for each promotion', () => {
  it('names the checks that the stage has of its own', () =>
    assert.match(
      row(seen({ now: progress({ checks: ['smoke'] }) }))?.text ?? '',
      /stage 1 of 2 "10 %" with check smoke$/,
    ));

  it('has the counts of the stage until now, apart from what only time changes', () => {
    const comparison = {
      what: 'failed',
      canary: { requests: 1204, bad: 2 },
      reference: { name: 'stable', requests: 22_118, bad: 5 },
      conclusive: true,
      source: 'router',
    } as const;
    const counted = { at: AT, share: { canary: 60, total: 600 }, comparisons: [comparison] };
    assert.equal(
      row(seen({ now: progress({ counted }) }))?.counts,
      'canary 2 of 1,204 failed, stable 5 of 22,118; the canary got 60 of the last 600 requests (10 %)',
    );
    assert.equal(row(seen({ now: progress() }))?.counts, '');
  });

  const table: [what: string, each: Seen, silent: boolean, tone: string, text: string, soft: string][] = [
    [
      'on its way',
      seen({ now: progress({ endsAt: AT + 90_000 }) }),
      false,
      'calm',
      'promoting at 10 %, web:1.1.0, stage 1 of 2 "10 %"',
      '1m30s left',
    ],
    [
      'waiting',
      seen({ now: progress() }),
      false,
      'calm',
      'promoting at 10 %, web:1.1.0, stage 1 of 2 "10 %"',
      'for 30s',
    ],
    [
      'held',
      seen({ now: progress({ state: 'held', holder: undefined as never }) }),
      false,
      'wait',
      'held at 10 %, web:1.1.0, stage 1 of 2 "10 %"',
      'held for 30s',
    ],
    [
      'left by a step that ended',
      seen({ now: progress({ holder: undefined as never }) }),
      false,
      'wait',
      'promoting at 10 %, web:1.1.0, stage 1 of 2 "10 %", nobody holds the lock',
      'for 30s',
    ],
    [
      'left by a step that was killed',
      seen({ now: progress() }),
      true,
      'wait',
      'promoting at 10 %, web:1.1.0, stage 1 of 2 "10 %", the holder has not renewed the lock in time',
      'for 30s',
    ],
    [
      'a Rollout',
      seen({
        workload: 'rollout/web',
        now: {
          state: 'promoting',
          id: 'b',
          stage: 'Progressing: waiting',
          number: 1,
          stages: [],
          watchers: [],
          way: [],
        },
      }),
      false,
      'calm',
      'promoting, Progressing: waiting',
      '',
    ],
    [
      'ended badly',
      seen({ history: [past()] }),
      false,
      'bad',
      '19:50:00 aborted 1.1.0 (production stayed 1.0.0), by build 77: 9 of 20 requests failed.',
      '',
    ],
    ['ended without a history', seen(), false, 'good', 'the promotion has ended', ''],
    [
      'a record that cannot be read',
      seen({ fault: 'The record is not JSON.' }),
      false,
      'bad',
      'The record is not JSON.',
      '',
    ],
  ];
  for (const [what, each, silent, tone, text, soft] of table) {
    it(what, () => {
      const found = row(each, silent);
      assert.deepEqual(
        [found?.tone, found?.text, found?.soft],
        [tone, `shop  ${each.workload}  ${text}`, soft],
      );
    });
  }

  it('a workload that was not promoted meanwhile has none', () =>
    assert.equal(row(seen({ history: [past()] }), false, false), undefined));

  it('makes columns, in the order of the names', () => {
    const all = [
      seen({ namespace: 'shop', now: progress() }),
      seen({ namespace: 'a', workload: 'deployment/x', now: progress() }),
    ];
    const rows = rowsOf({ seen: all, followed: [], silent: new Set(), at: AT });
    assert.deepEqual(
      rows.map(({ text }) => text.slice(0, 29)),
      ['a     deployment/x    promoti', 'shop  deployment/web  promoti'],
    );
  });
});

describe('watch/lines: one workload in full', () => {
  it('says the way, the reason, the lock and the history', () =>
    assert.deepEqual(detailsOf(seen({ now: progress({ reason: 'bad' }), history: [past()] }), AT), [
      `from ${IMAGE}:1.0.0 to ${IMAGE}:1.1.0`,
      'by build 77 by ann, since 2026-11-28T19:59:00Z',
      'stages: [10 %] → clean up',
      'reason: bad',
      'the lock is held by build 77 by ann',
      'a bad release would be noticed by: ingress-nginx',
      '19:50:00 aborted 1.1.0 (production stayed 1.0.0), by build 77: 9 of 20 requests failed.',
      'of the last 1 releases 0 were promoted, 1 taken back (100 %)',
    ]));

  it('says that nothing is in progress', () =>
    assert.deepEqual(detailsOf(seen(), AT), ['no promotion is in progress']));
});

describe('watch/lines: texts of the cluster', () => {
  const evil = '\u001b[2J\u001b]0;title\u0007a\nb\u202ec\r';
  it('cannot move the cursor, nor begin a line', () => {
    const each = seen({
      namespace: evil,
      workload: evil,
      now: progress({
        by: evil,
        to: evil,
        from: evil,
        stage: evil,
        stages: [evil],
        reason: evil,
        holder: evil,
        watchers: [evil],
        way: [],
      }),
      history: [past({ reason: evil, by: evil })],
    });
    const found = row(each);
    for (const line of [found?.text ?? '', found?.soft ?? '', ...detailsOf(each, AT)]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });
});
