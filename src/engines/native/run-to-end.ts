import { deployments } from '../../cluster/resource.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { imageOf } from '../../workload/images.ts';
import type { Lock } from './lock/lock.ts';
import { type Deps, runLoop } from './loop.ts';
import type { PastOutcome, PromotionRecord } from './plan/record.ts';

/** Runs the record in the lock to its end, and gives the lock back. */
export async function* toTheEnd(
  lock: Lock,
  deps: Deps,
  by: string,
  endReason?: string,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { outcome, record } = yield* runLoop(lock, deps, endReason);
  if (lock.lost.aborted) return outcome;
  const image = outcome.image ?? record?.plan.to ?? '';
  try {
    await lock.release({ record, outcome: pastOf(outcome, image, by, deps.clock.now()) });
  } catch (error) {
    // the end stands all the same; whoever comes next takes the lock when it has run out
    yield {
      type: 'warning',
      message: `The lock could not be given back, and runs out by itself: ${messageOf(error)}`,
    };
  }
  return outcome;
}

/** The line of the history for an outcome. */
export function pastOf(outcome: Outcome, image: string, by: string, now: number): PastOutcome {
  return { outcome: outcome.kind, image, reason: outcome.reason, by, at: new Date(now).toISOString() };
}

/**
 * Whether a promotion on its way up has written stable, by what the cluster says: from there it goes forward,
 * whoever takes over.
 */
export async function isPastReturn(
  { plan, direction }: PromotionRecord,
  { cluster }: Deps,
): Promise<boolean> {
  const { items } = await cluster.list(deployments, { fieldSelector: `metadata.name=${plan.workload}` });
  const [stable] = items;
  // an experiment has no such point: it never writes stable
  if (plan.strategy === 'experiment') return false;
  return direction === 'up' && stable !== undefined && imageOf(stable, plan) === plan.to;
}
