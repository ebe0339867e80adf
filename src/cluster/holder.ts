import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../clock.ts';
import type { Cluster } from './client.ts';
import { leases } from './resource.ts';

/** Hex digits that distinguish two runs of one build. */
const SUFFIX = / ~[0-9a-f]{8}$/;

/** The identity of one run: `by` for people, and a suffix that no other run has. */
export function identityOf(by: string, suffix: string): string {
  return `${by} ~${suffix.slice(0, 8)}`;
}

/** The holder of a lock, for people: the identity without its suffix. */
export function holderName(identity: string): string {
  return identity.replace(SUFFIX, '');
}

/** What one look at the Lease says of its holder. */
export interface HolderSeen {
  lease: Lease | undefined;
  /** The Lease names a holder, alive or not. */
  held: boolean;
  /** The holder has renewed the lock since the first look. */
  alive: boolean;
  /** The holder has not renewed the lock for the duration of the lease, and is considered dead. */
  dead: boolean;
}

/**
 * Watches the holder of a lock by reading the Lease of that name. The time since its last renewal is measured
 * with this machine's monotonic clock, from the last change that was seen, because the clocks of two machines
 * may differ. A failed read restarts that time, because the holder may have renewed the lock meanwhile.
 */
export function watchHolder(
  cluster: Cluster,
  name: string,
  clock: Clock,
): { look(): Promise<HolderSeen>; silentMs(): number } {
  let seen: string | undefined;
  let since = clock.monotonic();
  let changes = 0;
  return {
    silentMs: () => clock.monotonic() - since,
    async look() {
      const lease = await cluster.get(leases, name).catch((error: unknown) => {
        since = clock.monotonic();
        throw error;
      });
      const { holderIdentity = '', renewTime, acquireTime, leaseDurationSeconds } = lease?.spec ?? {};
      const now = JSON.stringify([holderIdentity, renewTime, acquireTime, leaseDurationSeconds]);
      if (now !== seen) {
        if (seen !== undefined) changes += 1;
        seen = now;
        since = clock.monotonic();
      }
      const silentMs = clock.monotonic() - since;
      return {
        lease,
        held: holderIdentity !== '',
        alive: holderIdentity !== '' && changes > 0,
        dead: silentMs >= durationOf(lease),
      };
    },
  };
}

/** How long a holder that does not renew that Lease keeps the lock, in milliseconds. */
function durationOf(lease: Lease | undefined): number {
  return (lease?.spec?.leaseDurationSeconds ?? 15) * 1000;
}
