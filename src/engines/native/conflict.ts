import { holderName } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { abortTo, STATUS } from '../shared/hints.ts';
import { abort } from './abort.ts';
import { acquire, LockedError } from './lock/acquire.ts';
import { leaseName, readLease } from './lock/lease.ts';
import type { Lock, LockOptions } from './lock/lock.ts';
import type { Deps } from './loop-state.ts';

/** What is done where another promotion of the workload is under way. */
export interface OnConflict {
  answer: 'refuse' | 'wait' | 'replace';
  /** How long is waited at the most, in milliseconds. */
  patienceMs: number;
}

/** Longer than POLL_INTERVAL_MS, because each try watches the holder for some looks of its own. */
const CONFLICT_POLL_MS = 2_000;

/**
 * Takes the lock; where another promotion holds it, refuses, waits for its end, or has it brought down first.
 *
 * @returns the lock, and whether it had another holder, so that the cluster may have changed since it was looked at
 * @throws LockedError where the other one stays
 */
export async function* acquireAfterOthers(
  workload: string,
  deps: Deps,
  options: LockOptions,
  { answer, patienceMs }: OnConflict,
  by: string,
): AsyncGenerator<PromotionEvent, { lock: Lock; waited: boolean }> {
  const { cluster, clock, cancelled } = deps;
  const end = clock.monotonic() + patienceMs;
  const lease = await cluster.get(leases, leaseName(workload));
  const holder = lease ? readLease(lease).holder : undefined;
  if (holder !== undefined) {
    yield { type: 'waiting', for: `a sign of life of ${holderName(holder)}, who holds the lock` };
  }
  for (let told = false; ; ) {
    try {
      return {
        lock: await acquire(cluster, workload, options, cancelled),
        waited: holder !== undefined || told,
      };
    } catch (error) {
      if (!(error instanceof LockedError) || answer === 'refuse') throw error;
      if (clock.monotonic() >= end) throw tooLong(error, patienceMs);
      if (answer === 'replace') {
        yield* abort(workload, deps, options, by, `Replaced by ${by}.`);
      } else {
        if (!told) {
          const what = `the end of the promotion by ${error.holder}`;
          yield { type: 'waiting', for: what, timeoutMs: patienceMs };
        }
        await clock.sleep(CONFLICT_POLL_MS, cancelled);
      }
      told = true;
    }
  }
}

function tooLong(error: LockedError, patienceMs: number): PromoteError {
  return new PromoteError('locked', `${error.message} Gave up waiting after ${formatDuration(patienceMs)}.`, {
    cause: error,
    hint: `${STATUS} ${abortTo('end it')}`,
  });
}
