import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rightsLines } from '../../src/check/rights.ts';
import { right } from '../../src/cluster/access.ts';
import { deployments, pods } from '../../src/cluster/resource.ts';

const NEEDED = right(deployments, 'get', 'update');
const LOG = { verb: 'get', resource: pods, subresource: 'log', namespace: 'ingress-nginx' } as const;
const GRANTS = [
  { account: 'step', suffix: '', purpose: 'Promotes.', rights: [...NEEDED, ...NEEDED] },
  { account: 'step', suffix: '-log', purpose: 'Reads the log.', rights: [LOG] },
];

describe('check/rights', () => {
  const lines = (...missing: Parameters<typeof rightsLines>[2][number][]) =>
    rightsLines(GRANTS, NEEDED, missing, 'rbac').map(({ state, detail, help }) => [state, detail, help]);

  it('counts each needed right once', () =>
    assert.deepEqual(lines(), [['ok', 'all 2 that a promotion needs', undefined]]));

  it('a needed one is a fault, an optional one is a note with its purpose and place; both have the command', () =>
    assert.deepEqual(lines(...right(deployments, 'update'), LOG), [
      ['fault', '1 of 2 are missing: update deployments.apps', 'rbac'],
      ['note', 'not get pods/log in namespace ingress-nginx. Reads the log.', 'rbac'],
    ]));

  it('the same right in another namespace is another one', () =>
    assert.deepEqual(lines({ ...LOG, namespace: 'edge' }), [
      ['ok', 'all 2 that a promotion needs', undefined],
    ]));
});
