import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome, PastOutcome } from '../../outcome.ts';
import { imageOf } from '../../workload/images.ts';
import { resourceOf } from '../../workload/rolling/kinds.ts';
import { withWatched } from '../shared/prove-watchers.ts';
import { recordOf } from './act.ts';
import type { Lock } from './lock/lock.ts';
import { runLoop } from './loop.ts';
import type { Deps } from './loop-state.ts';
import { subjectOfOutcome } from './plan/plan.ts';
import type { PromotionRecord } from './plan/record.ts';
import { stagesOf } from './plan/stages.ts';

/** Runs the promotion in the lock to its end, and releases the lock. */
export async function* toTheEnd(
  lock: Lock,
  deps: Deps,
  by: string,
  endReason?: string,
): AsyncGenerator<PromotionEvent, Outcome> {
  const begun = recordOf(lock);
  const end = yield* runLoop(lock, deps, endReason);
  const outcome = withPromotion(end.outcome, begun, deps.clock.now());
  if (lock.lost.aborted) return outcome;
  const past = pastOf(outcome, outcome.image ?? begun.plan.to, by, deps.clock.now());
  try {
    await lock.release({ record: end.record, outcome: past });
  } catch (error) {
    // the outcome is the same; the next run takes the lock after it has expired
    yield {
      type: 'warning',
      message: `The lock could not be released, and expires by itself: ${messageOf(error)}`,
    };
  }
  return outcome;
}

/** The outcome with the fields of its promotion: workload, images, start and duration. */
export function withPromotion(
  outcome: Outcome,
  { plan, startedAt, watched, gates }: PromotionRecord,
  now: number,
): Outcome {
  const times = { startedAt, durationMs: now - startedAt };
  const passed = gates === undefined ? {} : { gates };
  return withWatched({ ...subjectOfOutcome(plan), ...times, ...passed, ...outcome }, watched);
}

/** The entry of the history for an outcome. @param image for older versions, which know no `from` and `to` */
export function pastOf(outcome: Outcome, image: string, by: string, now: number): PastOutcome {
  const { kind, reason, from, to, startedAt, code, watched, gates } = outcome;
  const weight = outcome.reachedWeight ?? outcome.weight;
  return {
    outcome: kind,
    image,
    reason,
    by,
    at: new Date(now).toISOString(),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(startedAt === undefined ? {} : { startedAt: new Date(startedAt).toISOString() }),
    ...(weight === undefined ? {} : { weight }),
    ...(code === undefined ? {} : { code }),
    ...(watched === undefined ? {} : { watched }),
    ...(gates === undefined ? {} : { gates }),
  };
}

/**
 * Whether a promotion has updated stable already, by the state of the cluster. From then on it goes forward,
 * also if another run takes over.
 */
export async function isPastReturn(record: PromotionRecord, { cluster }: Deps): Promise<boolean> {
  const { plan, direction } = record;
  // a rolling update may go back until its last stage, by whatever its workload runs
  if (plan.strategy === 'rolling') return direction === 'up' && record.stage >= stagesOf(record).length - 1;
  const { items } = await cluster.list(resourceOf(plan.kind), {
    fieldSelector: `metadata.name=${plan.workload}`,
  });
  const [stable] = items;
  // an experiment never writes stable
  if (plan.strategy === 'experiment') return false;
  return direction === 'up' && stable !== undefined && imageOf(stable, plan) === plan.to;
}
