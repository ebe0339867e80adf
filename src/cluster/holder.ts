import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../clock.ts';
import type { Cluster } from './client.ts';
import { leases } from './resource.ts';

/** Hex digits that tell two runs of one build apart. */
const MARK = / ~[0-9a-f]{8}$/;

/** The identity of one run: for people who promotes, and a mark that no other run has. */
export function identityOf(by: string, mark: string): string {
  return `${by} ~${mark.slice(0, 8)}`;
}

/** Who holds a lock, for people. */
export function holderName(identity: string): string {
  return identity.replace(MARK, '');
}

/** What was seen of the holder at one look. */
export interface HolderSeen {
  lease: Lease | undefined;
  /** The lock is held, rightly or not. */
  held: boolean;
  /** The holder has done something since the first look: it is alive. */
  alive: boolean;
  /** It has done nothing for as long as it had asked for: it is taken to be dead. */
  dead: boolean;
}

/**
 * Watches the holder of a lock by looking at the Lease of that name. How long it has been silent is measured by this machine's own monotonic
 * clock, since the last change that was seen; the clocks of two machines are never compared. A look that fails begins the silence anew:
 * who could not reach the server says nothing about who could.
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

/** How long a silent holder of that Lease keeps the lock, in milliseconds. */
function durationOf(lease: Lease | undefined): number {
  return (lease?.spec?.leaseDurationSeconds ?? 15) * 1000;
}
