import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { isPodOf } from '../../../src/workload/pods/owned-by.ts';

function pod(
  owner: string | undefined,
  hash: string | undefined,
  kind = 'ReplicaSet',
  controller = true,
): Pod {
  return {
    metadata: {
      labels: { app: 'web', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) },
      ownerReferences:
        owner === undefined ? [] : [{ apiVersion: 'apps/v1', kind, name: owner, uid: 'u', controller }],
    },
  };
}

describe('workload/pods/owned-by', () => {
  const long = 'a'.repeat(250);
  const cases: [what: string, pod: Pod, deployment: string, expected: boolean][] = [
    ['a pod of the Deployment', pod('web-7d4b9c', '7d4b9c'), 'web', true],
    ['a pod of its canary', pod('web-canary-7d4b9c', '7d4b9c'), 'web', false],
    ['a pod of the canary, asked for the canary', pod('web-canary-7d4b9c', '7d4b9c'), 'web-canary', true],
    ['a pod of a neighbour with the same labels', pod('worker-7d4b9c', '7d4b9c'), 'web', false],
    ['a pod of a Deployment whose name looks like a hash', pod('web-7d4b9c-5f6g', '5f6g'), 'web', false],
    ['a Deployment whose name is cut', pod(`${'a'.repeat(246)}-7d4b9c`, '7d4b9c'), long, true],
    ['a pod of a ReplicaSet that nobody owns', pod('web', undefined), 'web', false],
    ['a pod of a StatefulSet', pod('web-7d4b9c', '7d4b9c', 'StatefulSet'), 'web', false],
    ['an owner that is not the controller', pod('web-7d4b9c', '7d4b9c', 'ReplicaSet', false), 'web', false],
    ['a pod by hand', pod(undefined, '7d4b9c'), 'web', false],
    ['a pod that says nothing', {}, 'web', false],
  ];
  for (const [what, of, deployment, expected] of cases) {
    it(`${expected ? 'knows' : 'leaves out'} ${what}`, () => assert.equal(isPodOf(of, deployment), expected));
  }
});
