import type { Watched } from '../../../analysis/watchers.ts';
import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { settingOf } from '../../../workload/rolling/kinds.ts';
import type { GuardSettings } from '../../shared/guard-job.ts';
import { RESUME_OR_ROLL_BACK } from '../../shared/hints.ts';
import { acquireAfterOthers, type OnConflict } from '../conflict.ts';
import { alreadyThere } from '../decide/outcomes.ts';
import { startGuard } from '../guard.ts';
import type { Lock, LockOptions } from '../lock/lock.ts';
import { sharedWorkload } from '../lock/shared-workload.ts';
import { runLoop } from '../loop.ts';
import type { Deps } from '../loop-state.ts';
import { isSamePromotion, type Plan } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import { stageEvents } from '../plan/stage-events.ts';
import { stageName } from '../plan/stages.ts';
import { fresh, newTimings, resumed } from '../resume.ts';
import { isPastReturn, pastOf, toTheEnd, withPromotion } from '../run-to-end.ts';

export interface Options {
  /** Who promotes, for people: `build 77 (https://…)`. */
  by: string;
  dryRun: boolean;
  lock: LockOptions;
  onConflict: OnConflict;
  /** The Job that rolls the promotion back if this step is killed; undefined if none is wanted. */
  guard: GuardSettings | undefined;
}

/** A plan, and whether the workload runs the release already. */
export interface Made {
  plan: Plan;
  nothingToDo: boolean;
}

/** Makes the plan again. @param isOpen whether a promotion of the workload has not ended */
export type Replan = (isOpen: boolean) => Promise<Made>;

/**
 * Carries out a plan, by whatever strategy: takes the lock, ends or resumes what was left unfinished, starts the guard, and
 * runs the promotion to its end.
 *
 * @param watched what would notice a bad release; undefined if nothing was looked for
 * @throws PromoteError if the promotion is refused; it has written nothing then
 */
export async function* runPromotion(
  spec: PromotionSpec,
  made: Made,
  replan: Replan,
  watched: Watched | undefined,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { lock, waited } = yield* acquireAfterOthers(
    spec,
    deps,
    options.lock,
    options.onConflict,
    options.by,
  );
  let touched = false;
  try {
    // the other holder of the lock may have changed what the plan was made from
    const found = waited ? await replan(lock.record() !== undefined) : made;
    const ready = yield* endLeftover(spec, found, replan, lock, deps);
    if ('outcome' in ready) {
      await lock.release({ record: lock.record() });
      return ready.outcome;
    }
    const { plan, unfinished } = ready;
    if (!unfinished && ready.nothingToDo) {
      const outcome = alreadyThere(spec);
      await lock.release({ outcome: pastOf(outcome, spec.image, options.by, deps.clock.now()) });
      return outcome;
    }
    const record = {
      ...(unfinished
        ? resumed(unfinished, plan, deps.clock.now(), options.by)
        : fresh(plan, deps.clock.now(), options.by)),
      ...(watched ? { watched } : {}),
    };
    if (unfinished) yield* newTimings(unfinished.plan, plan);
    await lock.save(record);
    // each of two promotions with a common workload finds the record of the other, so that one of them goes on at most
    const refusal =
      (await sharedWorkload(deps.cluster, spec)) ??
      (options.guard && (yield* startGuard(options.guard, plan, lock, deps, options.lock.identity)));
    if (refusal) {
      await lock.release({ record: unfinished });
      throw refusal;
    }
    touched = true;
    yield* startEvents(record, unfinished !== undefined);
    return yield* toTheEnd(lock, deps, options.by);
  } catch (error) {
    // after an error, release the lock and keep the record, so that the next run resumes
    const record = lock.record();
    await lock.release({ record }).catch(() => {});
    if (!record || !touched) throw error;
    return withPromotion(stopped(record, error), record, deps.clock.now());
  }
}

function* startEvents(record: PromotionRecord, isResumed: boolean): Generator<PromotionEvent> {
  const { action, namespace, from, to } = record.plan;
  const workload = settingOf(record.plan);
  yield isResumed
    ? { type: 'resumed', workload, to, stage: stageName(record) }
    : { type: 'started', action, workload, namespace, from, to, by: record.by };
  yield* stageEvents(record);
}

type Ready =
  | { plan: Plan; nothingToDo: boolean; unfinished: PromotionRecord | undefined }
  /** The unfinished promotion did not end as it should. */
  | { outcome: Outcome };

/**
 * Deals with an unfinished promotion: resumes it if it is the same release with the same plan, otherwise
 * finishes it first. It goes forward if its release is stable already (the point of no return), else down.
 */
async function* endLeftover(
  spec: PromotionSpec,
  planned: Made,
  replan: Replan,
  lock: Lock,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Ready> {
  const left = lock.record();
  if (!left) return { ...planned, unfinished: undefined };
  if (left.direction === 'up' && isSamePromotion(left.plan, planned.plan))
    return { ...planned, unfinished: left };
  const forward = await isPastReturn(left, deps);
  const what = forward ? 'it is finished first' : 'it is rolled back first';
  yield {
    type: 'note',
    message: `An unfinished promotion of ${left.plan.to} is at "${stageName(left)}": ${what}.`,
  };
  const { outcome } = yield* runLoop(lock, deps, forward ? undefined : endReason(left, spec));
  // one that was to be finished may have failed and gone back; an experiment ends with its own outcome
  const ends = [
    'aborted',
    ...(forward ? ['promoted'] : left.plan.strategy === 'experiment' ? ['shown'] : []),
  ];
  if (!ends.includes(outcome.kind)) return { outcome: withPromotion(outcome, left, deps.clock.now()) };
  return { ...(await replan(false)), unfinished: undefined };
}

function endReason(left: PromotionRecord, spec: PromotionSpec): string {
  return left.plan.to === spec.image
    ? `It was started with different settings (release ${spec.image}).`
    : `Another release is being promoted (${spec.image}).`;
}

function stopped(record: PromotionRecord, error: unknown): Outcome {
  return {
    kind: 'stuck',
    reason: `The promotion stopped at "${stageName(record)}": ${messageOf(error)}`,
    hints: [RESUME_OR_ROLL_BACK],
    image: record.plan.to,
  };
}
