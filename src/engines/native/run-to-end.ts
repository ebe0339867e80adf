import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { Lock } from './lock/lock.ts';
import { type Deps, runLoop } from './loop.ts';
import type { PastOutcome } from './plan/record.ts';

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
