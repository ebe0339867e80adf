import { holderName } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { referenceOf } from '../../workload/rolling/kinds.ts';
import { abortTo, STATUS } from '../shared/hints.ts';
import { abort } from './abort.ts';
import { acquire, LockedError } from './lock/acquire.ts';
import { leaseName, readLease } from './lock/lease.ts';
import type { Lock, LockOptions } from './lock/lock.ts';
import { sharedWorkload, type WorkloadsOfPlan } from './lock/shared-workload.ts';
import type { Deps } from './loop-state.ts';

/** What to do if another run promotes the workload. */
export interface OnConflict {
  answer: 'refuse' | 'wait' | 'replace';
  /** Maximum wait, in milliseconds. */
  timeoutMs: number;
}

/** Longer than POLL_INTERVAL_MS, because each try polls the holder several times itself. */
const CONFLICT_POLL_MS = 2_000;

/**
 * Takes the lock. If another promotion holds it, or changes one of the same workloads: refuses, waits for its end, or
 * asks it to roll back first.
 *
 * @returns the lock, and whether it had another holder, so that the cluster may have changed since the plan
 * was made
 * @throws LockedError if the other promotion keeps the lock
 */
export async function* acquireAfterOthers(
  spec: WorkloadsOfPlan,
  deps: Deps,
  options: LockOptions,
  { answer, timeoutMs }: OnConflict,
  by: string,
): AsyncGenerator<PromotionEvent, { lock: Lock; waited: boolean }> {
  const { cluster, clock, cancelled } = deps;
  const workload = referenceOf(spec);
  const end = clock.monotonic() + timeoutMs;
  const lease = await cluster.get(leases, leaseName(workload));
  const holder = lease ? readLease(lease).holder : undefined;
  if (holder !== undefined) {
    yield { type: 'waiting', for: `a heartbeat of ${holderName(holder)}, which holds the lock` };
  }
  for (let hasWaited = false; ; ) {
    try {
      const shared = await sharedWorkload(cluster, spec);
      if (shared) throw shared;
      return {
        lock: await acquire(cluster, workload, options, cancelled),
        waited: holder !== undefined || hasWaited,
      };
    } catch (error) {
      if (!(error instanceof LockedError) || answer === 'refuse') throw error;
      if (clock.monotonic() >= end) throw tooLong(error, timeoutMs);
      if (answer === 'replace') {
        yield* abort(error.workload, deps, options, by, `Replaced by ${by}.`);
      } else {
        if (!hasWaited) {
          const what = `the end of the promotion by ${error.holder}`;
          yield { type: 'waiting', for: what, timeoutMs };
        }
        await clock.sleep(CONFLICT_POLL_MS, cancelled);
      }
      hasWaited = true;
    }
  }
}

function tooLong(error: LockedError, timeoutMs: number): PromoteError {
  return new PromoteError('locked', `${error.message} Gave up waiting after ${formatDuration(timeoutMs)}.`, {
    cause: error,
    hint: `${STATUS} ${abortTo('end it')}`,
  });
}
