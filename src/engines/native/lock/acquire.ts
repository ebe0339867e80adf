import type { Lease } from 'kubernetes-types/coordination/v1';
import { isConflict } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { holderName, watchHolder } from '../../../cluster/holder.ts';
import { leases } from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { titleOf, workloadIn } from '../../../workload/rolling/kinds.ts';
import { abortTo, THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { microTime } from '../../shared/lease.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import { leaseName, put } from './lease.ts';
import { hold, type Lock, type LockOptions } from './lock.ts';

/** Another run holds the lock, or another promotion changes one of the workloads. */
export class LockedError extends PromoteError {
  readonly holder: string;
  /** The workload whose promotion stands against this one. */
  readonly workload: string;

  /** @param what of that promotion, for people; by default that it promotes the workload */
  constructor(workload: string, identity: string, what?: string) {
    const holder = holderName(identity);
    super('locked', `${what ?? `${titleOf(workload)} is being promoted`} by ${holder}.`, {
      hint: `Wait until it ends, or set \`on_conflict\` to \`wait\` or \`replace\`. ${abortTo('end it')} ${THEN_PROMOTE_AGAIN}`,
    });
    this.holder = holder;
    this.workload = workload;
  }
}

/**
 * Takes the lock. If another run holds it, watches that run until it renews the Lease, or has been silent for
 * the duration of its Lease (cluster/holder.ts).
 *
 * @throws LockedError if a run that is alive holds the lock
 */
export async function acquire(
  cluster: Cluster,
  workload: string,
  options: LockOptions,
  cancelled?: AbortSignal,
): Promise<Lock> {
  const { clock } = options;
  const holder = watchHolder(cluster, leaseName(workload), clock);
  for (;;) {
    const { lease, held, alive, dead } = await holder.look();
    if (!held || dead) return takeOver(cluster, workload, lease, options);
    if (alive) throw new LockedError(workload, lease?.spec?.holderIdentity ?? '');
    await clock.sleep(POLL_INTERVAL_MS, cancelled);
    if (cancelled?.aborted) {
      throw new PromoteError('cancelled', 'The step was cancelled before it began.');
    }
  }
}

/**
 * Takes a lock that is free, or whose holder is dead, by one conditional write.
 *
 * @throws LockedError if another run has written the Lease since it was read
 */
export async function takeOver(
  cluster: Cluster,
  workload: string,
  free: Lease | undefined,
  options: LockOptions,
): Promise<Lock> {
  const { identity, leaseMs, clock } = options;
  const now = microTime(clock.now());
  const sentAt = clock.monotonic();
  const lease: Lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: leaseName(workload),
      namespace: cluster.namespace,
      labels: ownLabels(workloadIn(workload).workload),
      ...free?.metadata,
    },
    spec: {
      ...free?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseMs / 1000),
      acquireTime: now,
      renewTime: now,
      leaseTransitions: (free?.spec?.leaseTransitions ?? 0) + (free ? 1 : 0),
    },
  };
  try {
    return hold(cluster, await put(cluster, free, lease), sentAt, options);
  } catch (error) {
    if (!isConflict(error)) throw error;
    const other = (await cluster.get(leases, leaseName(workload)))?.spec?.holderIdentity;
    throw new LockedError(workload, other ?? 'another run');
  }
}
