import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import { fixedSource } from '../../../../src/cluster/object-source.ts';
import { endpointSlices, pods, replicaSets } from '../../../../src/cluster/resource.ts';
import { findRollingPods } from '../../../../src/engines/native/observe/rolling-pods.ts';
import { plan } from '../fixtures.ts';

const out = { key: 'app', value: 'web-leaving', services: ['web', 'web-internal'], afterMs: 4000 };
const paced = plan({ finish: 'pace', pace: { readySeconds: 5, surge: '4%', out } });

const set = (name: string, owner: string): ReplicaSet => ({
  metadata: {
    name,
    ownerReferences: [
      { apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid: owner, controller: true },
    ],
  },
});
const pod = (name: string, app: string, owner?: string): Pod => ({
  metadata: {
    name,
    labels: { app, 'pod-template-hash': 'a' },
    ...(owner === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true },
          ],
        }),
  },
});
const slice = (service: string, address: string): EndpointSlice => ({
  metadata: { name: service, labels: { 'kubernetes.io/service-name': service } },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
});

describe('engines/native/observe/rolling-pods', () => {
  const source = fixedSource([
    [replicaSets, [set('web-a', 'web'), set('other-a', 'other')]],
    [
      pods,
      [
        pod('stays', 'web', 'web-a'),
        pod('leaves', 'web-leaving'),
        pod('canary', 'web-canary', 'web-canary-a'),
      ],
    ],
    [
      endpointSlices,
      [slice('web', '10.0.0.1'), slice('other', '10.0.0.2'), slice('web-internal', '10.0.0.3')],
    ],
  ]);

  it('finds the ReplicaSets of stable, its pods, those that leave, and the addresses of each Service', () => {
    const found = findRollingPods(source, paced);
    const names = (objects: readonly { metadata?: { name?: string } }[] = []) =>
      objects.map(({ metadata }) => metadata?.name);
    assert.deepEqual(
      [
        names(found?.sets),
        names(found?.pods),
        names(found?.leaving),
        found?.served.map((addresses) => [...addresses]),
      ],
      [['web-a'], ['stays'], ['leaves'], [['10.0.0.1'], ['10.0.0.3']]],
    );
  });

  it('finds nothing if no pod is taken out', () => assert.equal(findRollingPods(source, plan()), undefined));
});
