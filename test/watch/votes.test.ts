import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KeelLook, Waiting } from '../../src/watch/keel.ts';
import { type Vote, votesAfter, votesCode } from '../../src/watch/votes.ts';

const waits = (key: string) => ({ key }) as Waiting;
const look = (over: Partial<KeelLook>): KeelLook => ({ waiting: [], closed: [], unread: [], ...over });

describe('watch/votes: what becomes of the approvals that were seen', () => {
  const before: Vote[] = [{ key: 'a' }];
  const rows: [what: string, after: KeelLook, votes: Vote[], code: number | undefined][] = [
    ['waits still', look({ waiting: [waits('a')] }), [{ key: 'a' }], undefined],
    ['has its votes', look({ closed: [{ key: 'a', rejected: false }] }), [{ key: 'a', end: 'approved' }], 0],
    ['was rejected', look({ closed: [{ key: 'a', rejected: true }] }), [{ key: 'a', end: 'rejected' }], 1],
    ['is gone: its deadline passed', look({}), [{ key: 'a', end: 'gone' }], 1],
    ['Keel does not answer', look({ unread: ['away'] }), [{ key: 'a' }], undefined],
    [
      'has its votes, and another one waits now',
      look({ closed: [{ key: 'a', rejected: false }], waiting: [waits('b')] }),
      [{ key: 'a', end: 'approved' }, { key: 'b' }],
      undefined,
    ],
    [
      'another one was closed before the first look',
      look({ waiting: [waits('a')], closed: [{ key: 'b', rejected: true }] }),
      [{ key: 'a' }],
      undefined,
    ],
  ];
  for (const [what, after, votes, code] of rows) {
    it(what, () => {
      assert.deepEqual(votesAfter(before, after), votes);
      assert.equal(votesCode(votesAfter(before, after)), code);
    });
  }

  it('an end stays the end, also after Keel has deleted the record', () =>
    assert.deepEqual(votesAfter([{ key: 'a', end: 'approved' }], look({})), [{ key: 'a', end: 'approved' }]));

  it('without an approval there is nothing to wait for', () => assert.equal(votesCode([]), 0));
});
