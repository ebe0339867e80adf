import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PastOutcome } from '../../src/outcome.ts';
import type { Progress } from '../../src/progress.ts';
import { endCode, followedAfter, lastCode } from '../../src/watch/followed.ts';
import type { Seen } from '../../src/watch/seen.ts';

const BEGUN = Date.parse('2026-11-28T20:00:00Z');
const FOLLOWED = { key: 'shop deployment/web', id: '1', startedAt: BEGUN };

const now = (over: Partial<Progress> = {}): Progress => ({
  state: 'promoting',
  id: '1',
  startedAt: BEGUN,
  stage: '10 %',
  number: 1,
  stages: ['10 %'],
  holder: 'build 77',
  watchers: [],
  way: [],
  ...over,
});
const past = (outcome: PastOutcome['outcome'], startedAt = BEGUN): PastOutcome => ({
  outcome,
  image: 'web',
  reason: '',
  by: 'ann',
  at: '2026-11-28T20:10:00.000Z',
  startedAt: new Date(startedAt).toISOString(),
});
const seen = (over: Partial<Seen>): Seen => ({
  namespace: 'shop',
  workload: 'deployment/web',
  history: [],
  ...over,
});
const alone = { holder: undefined as never };

describe('watch/followed: the exit code of what was followed', () => {
  const table: [what: string, found: Seen[], code: number | undefined][] = [
    ['in progress', [seen({ now: now() })], undefined],
    ['promoted', [seen({ history: [past('promoted')] })], 0],
    ['aborted', [seen({ history: [past('aborted')] })], 1],
    ['stuck, with its record', [seen({ now: now(alone), history: [past('stuck')] })], 3],
    ['held', [seen({ now: now({ state: 'held', ...alone }), history: [past('held')] })], 0],
    ['held, and going on', [seen({ now: now(), history: [past('held')] })], undefined],
    [
      'the entry of another promotion is newer',
      [seen({ history: [past('promoted', BEGUN + 1), past('aborted')] })],
      1,
    ],
    ['another promotion is in progress', [seen({ now: now({ id: '2' }), history: [past('aborted')] })], 1],
    ['left without a holder, and without an outcome', [seen({ now: now(alone) })], undefined],
    ['without an entry in the history', [seen({})], 3],
    ['a Lease that somebody has removed', [], 3],
    ['a record that cannot be read', [seen({ fault: 'not JSON' })], undefined],
    ['a Rollout that is stable', [seen({ stable: '1' })], 0],
    ['a Rollout that was taken back', [seen({ stable: '0' })], 1],
    ['a Rollout at work', [seen({ stable: '0', now: now() })], undefined],
    ['a Rollout at a pause', [seen({ stable: '0', now: now({ state: 'held' }) })], 0],
    ['a Rollout that was aborted', [seen({ stable: '0', now: now({ state: 'degraded' }) })], 1],
  ];
  for (const [what, found, code] of table) {
    it(what, () => assert.equal(endCode(FOLLOWED, found), code));
  }

  it('follows each promotion once, and the next one of the workload', () => {
    const first = followedAfter([], [seen({ now: now() })]);
    assert.deepEqual(first, [FOLLOWED]);
    assert.deepEqual(followedAfter(first, [seen({ now: now({ stage: 'x' }) })]), first);
    assert.deepEqual(followedAfter(first, [seen({ now: now({ id: '2' }) })]).length, 2);
  });

  it('without one, the last outcome counts', () => {
    assert.equal(lastCode(undefined), 0);
    assert.equal(lastCode(seen({ history: [past('aborted'), past('promoted')] })), 1);
  });
});
