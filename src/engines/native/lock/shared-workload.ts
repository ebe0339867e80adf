import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Cluster } from '../../../cluster/client.ts';
import { leases, objectName } from '../../../cluster/resource.ts';
import { MANAGED_BY, MANAGER } from '../../../workload/canary-copy.ts';
import { type NamedWorkload, referenceOf, titleOf } from '../../../workload/rolling/kinds.ts';
import { followerName, type WorkloadRef } from '../plan/followers/follower.ts';
import type { PromotionRecord } from '../plan/record.ts';
import { LockedError } from './acquire.ts';
import { leaseName, readLease } from './lease.ts';

/** The workloads that a promotion changes. */
export interface WorkloadsOfPlan extends NamedWorkload {
  followers?: readonly WorkloadRef[];
}

/**
 * The unfinished promotion of another workload that changes one of these, too: it leads there and follows here, or the
 * other way round. Only records are looked at, which each promotion writes before it changes anything.
 */
export async function sharedWorkload(
  cluster: Cluster,
  ours: WorkloadsOfPlan,
): Promise<LockedError | undefined> {
  const { items } = await cluster.list(leases, { labelSelector: `${MANAGED_BY}=${MANAGER}` });
  const own = leaseName(referenceOf(ours));
  const others = items.filter((lease) => objectName(lease) !== own).flatMap((lease) => recordIn(lease) ?? []);
  const names = namesOf(ours);
  for (const { plan, by } of others) {
    const shared = namesOf(plan).find((name) => names.includes(name));
    if (shared === undefined) continue;
    const what =
      shared === titleOf(plan)
        ? `${shared}, which would follow ${titleOf(ours)}, is being promoted`
        : `${shared} is being promoted with ${titleOf(plan)}`;
    return new LockedError(referenceOf(plan), by, what);
  }
  return undefined;
}

function namesOf({ followers = [], ...leader }: WorkloadsOfPlan): string[] {
  return [titleOf(leader), ...followers.map(followerName)];
}

/** A record that cannot be read stops a promotion of its own workload, not of others. */
function recordIn(lease: Lease): PromotionRecord | undefined {
  try {
    return readLease(lease).record;
  } catch {
    return undefined;
  }
}
