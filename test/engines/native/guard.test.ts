import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInHistory } from '../../../src/engines/native/guard.ts';
import { HISTORY } from '../../../src/engines/native/lock/lease.ts';
import type { Outcome } from '../../../src/outcome.ts';

const STARTED = Date.UTC(2026, 10, 30, 3, 0, 0);
const STUCK: Outcome = { kind: 'stuck', reason: '', hints: [], startedAt: STARTED };

const leaseWith = (...history: object[]) => ({
  metadata: { annotations: { [HISTORY]: JSON.stringify(history) } },
});
const entry = (outcome: string, startedAt: number) => ({
  outcome,
  startedAt: new Date(startedAt).toISOString(),
});

describe('engines/native/guard: whether an earlier run of the guard ended the promotion so', () => {
  const rows: [what: string, lease: object, outcome: Outcome, expected: boolean][] = [
    ['the same promotion, stuck before', leaseWith(entry('stuck', STARTED)), STUCK, true],
    ['an earlier promotion was stuck', leaseWith(entry('stuck', STARTED - 60_000)), STUCK, false],
    [
      'it was stuck, and is promoted now',
      leaseWith(entry('stuck', STARTED)),
      { ...STUCK, kind: 'promoted' },
      false,
    ],
    [
      'another promotion ended after it',
      leaseWith(entry('promoted', STARTED + 1), entry('stuck', STARTED)),
      STUCK,
      false,
    ],
    ['no history', { metadata: {} }, STUCK, false],
    ['a history that somebody has edited', { metadata: { annotations: { [HISTORY]: '{' } } }, STUCK, false],
  ];
  for (const [what, lease, outcome, expected] of rows) {
    it(`${what}: ${expected ? 'yes' : 'no'}`, () => assert.equal(isInHistory(lease, outcome), expected));
  }
});
