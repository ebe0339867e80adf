import type { Outcome } from '../../../outcome.ts';
import type { Router } from '../../../traffic/router.ts';
import { imageOf } from '../../../workload/images.ts';
import { convergeCheckJobs } from '../converge/check-jobs.ts';
import { converge } from '../converge/converge.ts';
import { type Decision, type Fault, isStaying } from '../converge/decision.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { entered, type PromotionRecord } from '../plan/record.ts';
import { type Stage, stagesOf } from '../plan/stages.ts';
import { faultOf } from './faults.ts';
import * as end from './outcomes.ts';
import { confirmed, holdStage, reached } from './waits.ts';

/**
 * The native engine's one decision: from what was intended and what is seen to what is done next. Pure; all rules of safety are here
 * and in `faultOf`. Its promises, held by properties in the tests: no weight without ready endpoints; stable is not written before all
 * stages before it have passed; on the way down weight 0 comes first; every path ends.
 *
 * @param now milliseconds since the epoch, by the clock that wrote the record's times
 */
export function decide(record: PromotionRecord, observed: Snapshot, now: number, router: Router): Decision {
  if (isWrittenAfterAll(record, observed)) return putBack(record, now);
  const stage = stagesOf(record)[record.stage];
  if (!stage) return comeBack(record, observed, now) ?? finished(record, observed, router);
  const fault = faultOf(record, stage, observed, now, router);
  if (fault?.answer === 'stuck') {
    const outcome = end.stuck(record, stage, fault, router.weight(observed.routes));
    return { do: 'end', record, outcome };
  }
  if (fault) return turnDown(record, observed, fault, now, router);
  return (
    converge(record.plan, stage, observed, router) ??
    reached(record, stage, now) ??
    confirmed(record, stage, observed, now) ??
    convergeCheckJobs(record, stage, observed, now) ??
    hold(record, stage, observed, router) ??
    holdStage(record, stage, observed, now)
  );
}

/**
 * On the way down, which left stable alone since it was not written, it is written all the same: a step that slept past its lease had its
 * write on the way. Nobody has changed the Deployment since, so that its version did not fence it off.
 */
function isWrittenAfterAll(
  { direction, restore, leave, plan }: PromotionRecord,
  { stable }: Snapshot,
): boolean {
  if (direction === 'up' || restore || leave || !stable || plan.from === plan.to) return false;
  // an experiment writes nothing of stable, so that somebody else has
  if (plan.strategy === 'experiment') return false;
  return imageOf(stable, plan) === plan.to;
}

/** Something of the canary is there at the end: made by a step that has lost its lock, while it was being removed. It goes too. */
function comeBack(record: PromotionRecord, observed: Snapshot, now: number): Decision | undefined {
  const { canary, services: present, baseline, baselineServices, routes } = observed;
  const left = [canary, baseline, ...present, ...baselineServices, ...routes.canary].flatMap(
    (each) => each ?? [],
  );
  if (!left.some(isStaying) || record.plan.steps.length === 0) return undefined;
  return { do: 'record', record: entered(record, stagesOf(record).length - 1, now), events: [] };
}

function putBack(record: PromotionRecord, now: number): Decision {
  const reason = `Deployment/${record.plan.workload} was written by a step that has lost its lock: it is put back.`;
  return {
    do: 'record',
    record: { ...entered(record, 0, now), restore: true, drain: true },
    events: [{ type: 'down', reason }],
  };
}

function hold(
  record: PromotionRecord,
  stage: Stage,
  observed: Snapshot,
  router: Router,
): Decision | undefined {
  if (stage.kind !== 'hold') return undefined;
  const outcome = end.held(record.plan, router.weight(observed.routes));
  return { do: 'end', record: { ...record, held: true }, outcome };
}

function turnDown(
  record: PromotionRecord,
  observed: Snapshot,
  fault: Fault,
  now: number,
  router: Router,
): Decision {
  const { stable } = observed;
  const restore =
    fault.answer === 'down' &&
    record.plan.strategy !== 'experiment' &&
    stable !== undefined &&
    imageOf(stable, record.plan) === record.plan.to;
  return {
    do: 'record',
    record: {
      ...entered(record, 0, now),
      direction: 'down',
      reason: fault.reason,
      hints: fault.hints,
      restore,
      ...(fault.answer === 'leave' ? { leave: true } : {}),
      // also where somebody else has taken the weight away a moment ago: the router follows late
      drain: router.weight(observed.routes) > 0 || record.stage > 0 || record.reachedAt !== undefined,
    },
    events: [{ type: 'down', reason: fault.reason }],
  };
}

function finished(record: PromotionRecord, { stable, routes }: Snapshot, router: Router): Decision {
  const outcome = endOf(record, stable, router.weight(routes));
  return { do: 'end', record: undefined, outcome };
}

function endOf(record: PromotionRecord, stable: Snapshot['stable'], weight: number): Outcome {
  const { plan, direction } = record;
  if (direction === 'down') return end.aborted(record, stable, weight);
  return plan.strategy === 'experiment' ? end.passed(plan, weight) : end.promoted(plan, stable, weight);
}
