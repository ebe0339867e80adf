import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Approval,
  type ApprovalState,
  type AuditEntry,
  approvalState,
  blockingRecord,
  describeVotes,
  ownRecord,
} from '../../../../src/engines/keel/admin/approval.ts';

const RECORD: Approval = {
  id: 'a',
  archived: false,
  identifier: 'deployment/shop/web:1.0.1',
  repository: { name: '10.0.0.1:5000/web', tag: '1.0.1', digest: 'drone-promote-7-x' },
  eventAt: '2026-11-24T12:00:00Z',
  votesRequired: 2,
  votesReceived: 0,
  voters: [],
  rejected: false,
  deadline: '2026-11-25T12:00:00Z',
};
const AT = Date.parse(RECORD.eventAt);
const SENT = { repository: '10.0.0.1:5000/web', ...RECORD.repository, at: AT };
const record = (more: Partial<Approval> = {}): Approval => ({ ...RECORD, ...more });
const audit = (...actions: string[]): AuditEntry[] =>
  actions.map((action) => ({ action, identifier: RECORD.identifier, approvalId: 'a', createdAt: '' }));

describe('engines/keel/admin/approval', () => {
  const pending = record({ votesReceived: 1 });
  const done = record({ votesReceived: 2 });
  const table: [
    what: string,
    before: Approval | undefined,
    now: Approval | undefined,
    audit: AuditEntry[] | undefined,
    state: ApprovalState,
  ][] = [
    ['not made yet', undefined, undefined, undefined, 'none'],
    ['waits', record(), pending, undefined, 'pending'],
    [
      'waits past its deadline, which nobody enforces',
      record(),
      record({ deadline: '2020-01-01T00:00:00Z' }),
      [],
      'pending',
    ],
    ['has its votes, not carried out', pending, done, undefined, 'approved'],
    [
      'has its votes, carried out',
      pending,
      record({ votesReceived: 2, archived: true }),
      undefined,
      'approved',
    ],
    ['rejected', pending, record({ rejected: true }), undefined, 'rejected'],
    [
      'rejected, with votes after that (trap 6)',
      pending,
      record({ rejected: true, votesReceived: 9 }),
      [],
      'rejected',
    ],
    ['rejected and archived', pending, record({ rejected: true, archived: true }), undefined, 'rejected'],
    ['archived by hand', pending, record({ archived: true }), undefined, 'archived'],
    [
      'needs fewer votes now (PUT)',
      pending,
      record({ votesRequired: 1, votesReceived: 1 }),
      undefined,
      'approved',
    ],
    ['gone, the log not readable', pending, undefined, undefined, 'pending'],
    ['expired: both entries', pending, undefined, audit('expired', 'deleted'), 'expired'],
    ['deleted', pending, undefined, audit('deleted'), 'deleted'],
    ['gone without a word', pending, undefined, [], 'lost'],
    [
      'expired, after it was approved',
      done,
      undefined,
      audit('expired', 'deleted', 'archived', 'approved', 'approved'),
      'approved',
    ],
    [
      'approved, carried out and expired between two looks',
      record(),
      undefined,
      audit('expired', 'deleted', 'archived', 'approved', 'approved'),
      'approved',
    ],
    [
      'archived by hand, then expired',
      record(),
      undefined,
      audit('expired', 'deleted', 'archived'),
      'archived',
    ],
    ['rejected, then deleted', record(), undefined, audit('deleted', 'rejected'), 'rejected'],
    [
      'the log is of another record',
      record(),
      undefined,
      audit('expired').map((each) => ({ ...each, approvalId: 'b' })),
      'lost',
    ],
  ];
  for (const [what, before, now, log, state] of table) {
    it(`${what}: ${state}`, () => assert.equal(approvalState(before, now, log), state));
  }

  it('knows its own record by name, tag and digest, unarchived and of this webhook', () => {
    const own = (all: Approval[], sent = SENT) => ownRecord(all, 'deployment/shop/web', sent)?.id;
    assert.equal(own([record({ archived: true }), record({ id: 'b' })]), 'b', 'identifiers come again');
    assert.equal(own([record({ repository: { ...RECORD.repository, digest: 'other' } })]), undefined);
    assert.equal(
      own([record({ repository: { ...RECORD.repository, name: 'other' } })]),
      undefined,
      'a collision',
    );
    assert.equal(own([record({ identifier: 'deployment/shop/api:1.0.1' })]), undefined);
    const bare = record({ repository: { ...RECORD.repository, digest: '' } });
    const old = { ...bare, eventAt: '2026-11-24T11:00:00Z' };
    assert.equal(own([bare], { ...SENT, digest: '' }), 'a');
    assert.equal(
      own([old], { ...SENT, digest: '' }),
      undefined,
      'without a digest, an older record is not of this webhook',
    );
  });

  it('knows what would absorb a webhook', () => {
    assert.equal(blockingRecord([record({ rejected: true })], 'deployment/shop/web', '1.0.1')?.id, 'a');
    assert.equal(blockingRecord([record({ archived: true })], 'deployment/shop/web', '1.0.1'), undefined);
    assert.equal(blockingRecord([record()], 'deployment/shop/web', '1.0.2'), undefined);
  });

  it('shows votes and deadline', () => {
    const voted = record({ votesReceived: 2, voters: ['ann', ''] });
    assert.equal(describeVotes(voted, AT), '2 of 2 votes (ann, unnamed), until 2026-11-25 12:00 UTC');
    assert.match(describeVotes(voted, AT * 2), /its deadline passed at 2026-11-25 12:00 UTC$/);
  });
});
