import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../clock.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { leases } from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../workload/canary-copy.ts';

/** The identity of the holder that a guard watches over: the guard is up. */
export const GUARD = 'drone-promote/guard';

/** The Lease that a step keeps renewing while it follows a Rollout; no lock: the Rollout's controller takes whatever comes last. */
export function heartbeatName(rollout: string): string {
  return `drone-promote-rollout-${rollout}`;
}

/** A heartbeat that is under way. */
export interface Heartbeat {
  /** Ends it, and says so: a guard has nothing to do any more. */
  stop(): Promise<void>;
}

const AGAIN_MS = 1_000;

/**
 * Begins a heartbeat, in place of whoever had one: a step that another has superseded is watched over no more. It goes on on a timer of
 * its own, whatever the step is busy with.
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
  const labels = { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: rollout };
  const fresh: Lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, labels } };
  const spec = () => ({
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(leaseMs / 1000),
    renewTime: new Date(clock.now()).toISOString().replace('Z', '000Z'),
  });
  await change(cluster, name, (lease) => ({ ...(lease ?? fresh), spec: { ...lease?.spec, ...spec() } }));

  const isMine = (lease: Lease | undefined) => lease?.spec?.holderIdentity === identity;
  async function beat(): Promise<void> {
    for (let pause = leaseMs / 3; !over.signal.aborted; ) {
      await clock.sleep(pause, over.signal);
      if (over.signal.aborted) return;
      const renew = (lease: Lease | undefined) =>
        lease && isMine(lease) ? { ...lease, spec: { ...lease.spec, ...spec() } } : undefined;
      // a server that is away is asked again soon
      const taken = await change(cluster, name, renew).catch(() => 'failed' as const);
      if (taken === undefined) return;
      pause = taken === 'failed' ? AGAIN_MS : leaseMs / 3;
    }
  }
  const beating = beat();
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

/** Says in the Lease whom a guard watches over, which is what the step waits for. @returns the holder; undefined where there is none */
export async function signIn(cluster: Cluster, rollout: string): Promise<string | undefined> {
  const signed = await change(cluster, heartbeatName(rollout), (lease) => {
    const holder = lease?.spec?.holderIdentity;
    if (!lease || !holder) return undefined;
    const annotations = { ...lease.metadata?.annotations, [GUARD]: holder };
    return { ...lease, metadata: { ...lease.metadata, annotations } };
  });
  return signed?.spec?.holderIdentity;
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
    throw new PromoteError('locked', `Lease/${name} changes too often to write into it.`, { cause: error });
  }
}
