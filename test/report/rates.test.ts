import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PastOutcome } from '../../src/outcome.ts';
import { ratesOf, ratesText } from '../../src/report/rates.ts';

/** An outcome that ended at this hour of the 24th, after so many minutes. */
function past(outcome: PastOutcome['outcome'], hour: number, minutes = 10, over = {}): PastOutcome {
  const at = Date.UTC(2026, 10, 24, hour);
  return {
    outcome,
    image: 'r/web:2',
    from: 'r/web:1',
    to: 'r/web:2',
    reason: '',
    by: 'build 1',
    at: new Date(at).toISOString(),
    startedAt: new Date(at - minutes * 60_000).toISOString(),
    ...over,
  };
}
const HOUR = 3_600_000;

describe('report/rates', () => {
  const rows: [what: string, history: PastOutcome[], expected: ReturnType<typeof ratesOf>][] = [
    ['nothing has ended', [], undefined],
    [
      'a hold, a refusal and a status are no end',
      [past('held', 1), past('refused', 2), past('shown', 3)],
      undefined,
    ],
    ['one promotion has no time between two', [past('promoted', 1)], { ended: 1, promoted: 1, failed: 0 }],
    [
      'the time between promotions is the middle one, whatever failed between them',
      [past('promoted', 9), past('aborted', 8, 5), past('promoted', 4), past('promoted', 3)],
      { ended: 4, promoted: 3, failed: 1, betweenMs: HOUR, restoredAfterMs: 300_000 },
    ],
    [
      'a release that ran already is no release',
      [past('promoted', 9, 1, { to: 'r/web:1' }), past('promoted', 1)],
      { ended: 1, promoted: 1, failed: 0 },
    ],
    [
      'stuck is a failure without a time to restore',
      [past('stuck', 9), past('promoted', 1)],
      { ended: 2, promoted: 1, failed: 1 },
    ],
    [
      'an entry of an older version has neither images nor a start',
      [
        past('aborted', 9, 1, { startedAt: undefined }),
        past('promoted', 1, 1, { from: undefined, to: undefined }),
      ],
      { ended: 2, promoted: 1, failed: 1 },
    ],
  ];
  for (const [what, history, expected] of rows) it(what, () => assert.deepEqual(ratesOf(history), expected));

  it('says it in one line', () => {
    const history = [past('promoted', 50), past('aborted', 8, 5), past('promoted', 2)];
    assert.equal(
      ratesText(history),
      'of the last 3 releases 2 were promoted, 1 taken back (33 %); one every 2 days; production as before 5m after the start of a bad one',
    );
    assert.equal(ratesText([]), undefined);
  });
});
