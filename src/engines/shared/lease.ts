import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../../clock.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { type KubeObject, leases, type Resource } from '../../cluster/resource.ts';

/**
 * The annotation for the identity of the holder that a guard watches. While it names the holder, the guard is
 * up.
 */
export const GUARD = 'drone-promote/guard';

/**
 * Pause before a sign-in is tried again after a conflict. The holder renews its Lease every few seconds, so
 * conflicts are rare.
 */
const SIGN_IN_AGAIN_MS = 100;

/**
 * Writes into a Lease which holder the guard watches. The step waits for this annotation (await-guard.ts).
 *
 * @param isOpen whether the Lease has something to guard, apart from a holder; may throw
 * @returns the holder's identity; undefined if there is no holder, or nothing to guard
 */
export async function signIn(
  { cluster, clock, cancelled }: { cluster: Cluster; clock: Clock; cancelled: AbortSignal },
  name: string,
  isOpen: (lease: Lease) => boolean = () => true,
): Promise<string | undefined> {
  for (;;) {
    const lease = await cluster.get(leases, name);
    const holder = lease?.spec?.holderIdentity;
    // a record that cannot be read is an error even if nobody holds the Lease
    if (!lease || !isOpen(lease) || !holder) return undefined;
    const annotations = { ...lease.metadata?.annotations, [GUARD]: holder };
    const object = { ...lease, metadata: { ...lease.metadata, annotations } };
    try {
      await cluster.write({
        verb: 'update',
        resource: leases as Resource<KubeObject>,
        before: lease,
        object,
      });
      return holder;
    } catch (error) {
      if (!isConflict(error)) throw error;
      await clock.sleep(SIGN_IN_AGAIN_MS, cancelled);
    }
  }
}

/** RFC 3339 with microseconds, the format of Kubernetes' MicroTime. @param ms since the Unix epoch */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
