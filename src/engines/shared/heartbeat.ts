import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../clock.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { leases } from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import { ownLabels } from '../../workload/canary-copy.ts';
import { GUARD, microTime } from './lease.ts';
import { RETRY_INTERVAL_MS } from './timing.ts';

/**
 * The name of the Lease that a step renews while it follows a Rollout. It is not a lock, because the
 * Rollout's controller always follows the latest change.
 */
export function heartbeatName(rollout: string): string {
  return `drone-promote-rollout-${rollout}`;
}

/** A heartbeat that is under way. */
export interface Heartbeat {
  /** Ends it, and marks the Lease as released, so that a guard ends too. */
  stop(): Promise<void>;
}

/**
 * Calls `renew` three times per lease duration. The timer is separate, so that a busy step renews too. After
 * a failure it tries again soon. Returns if `over` aborts, or if `renew` answers `ended`.
 */
export async function keepRenewing(
  clock: Clock,
  leaseMs: number,
  over: AbortSignal,
  renew: () => Promise<'renewed' | 'ended'>,
): Promise<void> {
  for (let pause = leaseMs / 3; !over.aborted; ) {
    await clock.sleep(pause, over);
    if (over.aborted) return;
    const answer = await renew().catch(() => 'failed' as const);
    if (answer === 'ended') return;
    pause = answer === 'failed' ? RETRY_INTERVAL_MS : leaseMs / 3;
  }
}

/**
 * Starts the heartbeat of a step that follows a Rollout. Takes the Lease over from any other step: the guard
 * of a superseded step then ends by itself.
 */
export async function startHeartbeat(
  cluster: Cluster,
  clock: Clock,
  rollout: string,
  identity: string,
  leaseMs: number,
): Promise<Heartbeat> {
  const over = new AbortController();
  const name = heartbeatName(rollout);
  const labels = ownLabels(rollout);
  const fresh: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, labels } };
  const spec = () => ({
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseMs / 1000),
    renewTime: microTime(clock.now()),
  });
  await change(cluster, name, (lease) => ({ ...(lease ?? fresh), spec: { ...lease?.spec, ...spec() } }));

  const isMine = (lease: Lease | undefined) => lease?.spec?.holderIdentity === identity;
  const beat = async () => {
    const renew = (lease: Lease | undefined) =>
      lease && isMine(lease) ? { ...lease, spec: { ...lease.spec, ...spec() } } : undefined;
    return (await change(cluster, name, renew)) === undefined ? 'ended' : 'renewed';
  };
  const beating = keepRenewing(clock, leaseMs, over.signal, beat);
  beating.catch(() => {});
  return {
    async stop() {
      over.abort();
      await beating;
      await change(cluster, name, (lease) => {
        if (!lease || !isMine(lease)) return undefined;
        const { [GUARD]: _, ...annotations } = lease.metadata?.annotations ?? {};
        return {
          ...lease,
          metadata: { ...lease.metadata, annotations },
          spec: { ...lease.spec, holderIdentity: '' },
        };
      });
    },
  };
}

/** Changes the Lease. `make` returns undefined to write nothing. */
async function change(
  cluster: Cluster,
  name: string,
  make: (lease: Lease | undefined) => Lease | undefined,
): Promise<Lease | undefined> {
  try {
    return await cluster.modify(leases, name, make);
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw new PromoteError('locked', `Lease/${name} changes too often to be updated.`, { cause: error });
  }
}
