import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../../src/cluster/api-error.ts';
import type { Cluster } from '../../../src/cluster/client.ts';
import { deployments, leases, type Resource } from '../../../src/cluster/resource.ts';
import { RECORD } from '../../../src/engines/native/lock/lease.ts';
import { encodeRecord } from '../../../src/engines/native/plan/record.ts';
import { status } from '../../../src/engines/native/status.ts';
import type { StatusEvent } from '../../../src/events.ts';
import { deployment, FROM, plan, record } from './fixtures.ts';
import { FOLLOWERS } from './followers/objects.ts';

const OPEN = encodeRecord(record({ plan: plan({ followers: FOLLOWERS }) }));
const LEADER = { metadata: { name: 'drone-promote-web', annotations: { [RECORD]: OPEN } } };

/** A namespace with the Deployment `worker`, and a promotion of `web`, which `worker` follows. */
function clusterWhere(listLeases: () => object): Cluster {
  const isOf = (resource: Resource<never>, kind: { plural: string }) => resource.plural === kind.plural;
  return {
    namespace: 'shop',
    get: async (resource: Resource<never>) =>
      isOf(resource, deployments) ? deployment('worker', FROM, 1) : undefined,
    list: async (resource: Resource<never>) =>
      isOf(resource, leases) ? listLeases() : { items: [], resourceVersion: '1' },
  } as never;
}

async function statusOf(cluster: Cluster) {
  const run = status('deployment/worker', [], cluster, {} as never);
  const { value } = await run.next();
  const { value: outcome } = await run.next();
  return { lines: (value as StatusEvent).lines.slice(1), reason: (outcome as { reason: string }).reason };
}

describe('engines/native/status: a workload that follows another one', () => {
  it('names the one that it follows, and who promotes that', async () => {
    const told = 'Deployment/worker is being promoted with Deployment/web by build 77.';
    const cluster = clusterWhere(() => ({ items: [LEADER], resourceVersion: '1' }));
    assert.deepEqual(await statusOf(cluster), { lines: [told], reason: told });
  });

  it('does not know it if it may not list Leases', async () => {
    const cluster = clusterWhere(() => {
      throw new ApiError(403, 'Forbidden', 'leases is forbidden');
    });
    assert.deepEqual(await statusOf(cluster), {
      lines: ['no promotion is in progress'],
      reason: 'Deployment/worker is not being promoted.',
    });
  });
});
