import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Approval } from '../../../../src/engines/keel/admin/approval.ts';
import type { Admin } from '../../../../src/engines/keel/admin/client.ts';
import { type NotWithdrawn, withdraw } from '../../../../src/engines/keel/admin/withdraw.ts';

const RECORD: Approval = {
  id: 'one',
  archived: false,
  identifier: 'deployment/shop/web:1.0.1',
  repository: { name: 'web', tag: '1.0.1', digest: 'drone-promote-7-a' },
  eventAt: '2026-11-24T12:00:00Z',
  votesRequired: 1,
  votesReceived: 0,
  voters: [],
  rejected: false,
  deadline: '2026-11-25T12:00:00Z',
};
const APPROVED = { reason: 'it got its last vote first, so Keel writes the image', approved: true };

const DOWN = { reason: 'its admin API gives no valid answer (status 500)', approved: false };

type Answer = 'ok' | 'absent' | 'down';

describe('engines/keel/admin/withdraw', () => {
  const cases: [
    what: string,
    reject: Answer,
    archive: Answer,
    after: Approval[] | 'down',
    NotWithdrawn | undefined,
  ][] = [
    ['is rejected and put away', 'ok', 'ok', [{ ...RECORD, rejected: true, archived: true }], undefined],
    ['is gone already', 'absent', 'absent', [], undefined],
    [
      'was approved, carried out and put away meanwhile',
      'absent',
      'absent',
      [{ ...RECORD, votesReceived: 1, archived: true }],
      APPROVED,
    ],
    [
      'got its last vote, and then the rejection',
      'ok',
      'ok',
      [{ ...RECORD, votesReceived: 1, rejected: true, archived: true }],
      APPROVED,
    ],
    ['cannot be rejected', 'down', 'ok', [RECORD], DOWN],
    ['cannot be put away', 'ok', 'down', [RECORD], DOWN],
    ['cannot be looked at again', 'ok', 'ok', 'down', DOWN],
  ];
  for (const [what, reject, archive, after, expected] of cases) {
    it(`${expected ? 'says why not' : 'says nothing'} of a record that ${what}`, async () => {
      const down = { kind: 'down', reason: 'status 500' } as const;
      const admin = {
        async act(_: Approval, action: string) {
          const answer = action === 'reject' ? reject : archive;
          return answer === 'ok'
            ? { kind: 'ok', value: undefined }
            : answer === 'down'
              ? down
              : { kind: 'absent' };
        },
        approvals: async () => (after === 'down' ? down : { kind: 'ok', value: after }),
      } as unknown as Admin;
      assert.deepEqual(await withdraw(admin, RECORD, 'ann'), expected);
    });
  }
});
