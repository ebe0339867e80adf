import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrorOf } from '../../../../src/cluster/api-error.ts';
import { isDenial, isPassing, isRefusal } from '../../../../src/engines/native/converge/write-errors.ts';
import { PromoteError } from '../../../../src/errors.ts';

const answer = (status: number, message: string) =>
  apiErrorOf(
    status,
    { kind: 'Status', code: status, message },
    'PUT /apis/apps/v1/namespaces/shop/deployments/web',
  );
const DENIED = 'deployments.apps "web" is forbidden: User "ann" cannot update resource "deployments"';
const QUOTA = 'pods "web" is forbidden: exceeded quota: compute';

describe('engines/native/write-errors', () => {
  /** Before rights must have been read, and after: p(assing), r(efusal), or neither. */
  const table: [what: string, error: unknown, early: string, late: string][] = [
    ['a quota', answer(403, QUOTA), 'r', 'r'],
    ['a validation', answer(422, 'spec.replicas: Invalid value'), 'r', 'r'],
    [
      'a denial, which an API server that has just started gives to everybody',
      answer(403, DENIED),
      'pr',
      'r',
    ],
    ['a token that is about to be renewed', answer(401, 'Unauthorized'), 'p', 'p'],
    ['too many requests', answer(429, 'slow down'), 'p', 'p'],
    ['a server in trouble', answer(500, 'etcd: leader changed'), 'p', 'p'],
    ['no answer', new PromoteError('unreachable', 'The API server cannot be reached.'), 'p', 'p'],
    ['another fault', new PromoteError('internal', 'The Lease has lost its record.'), '', ''],
    ['no fault of ours', new TypeError('undefined'), '', ''],
  ];
  for (const [what, error, early, late] of table) {
    it(what, () => {
      const said = (now: number) => `${isPassing(error, 0, now) ? 'p' : ''}${isRefusal(error) ? 'r' : ''}`;
      assert.equal(said(14_999), early);
      assert.equal(said(15_000), late);
    });
  }

  it('passes the first denial', () => {
    const denial = answer(403, DENIED);
    assert.ok(isDenial(denial));
    assert.ok(isPassing(denial, undefined, 1e9));
  });
});
