import type { Opinion } from '../analysis/opinion.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Router } from '../traffic/router.ts';
import { type Decision, type Fault, isStaying, LOOK_AGAIN_MS, waitFor } from './decision.ts';
import * as end from './ends.ts';
import { faultOf } from './fault.ts';
import { imageOf } from './image-of.ts';
import { jobsSaid, jobsToward } from './job-checks.ts';
import { pendingOf } from './judged-fault.ts';
import type { Observed } from './observed.ts';
import type { PromotionRecord } from './record.ts';
import { type Stage, stagesOf } from './stages.ts';
import { toward } from './toward.ts';

/**
 * The native engine's one decision: from what was intended and what is seen to what is done next. Pure; all rules of safety are here
 * and in `faultOf`. Its promises, held by properties in the tests: no weight without ready endpoints; stable is not written before all
 * stages before it have passed; on the way down weight 0 comes first; every path ends.
 *
 * @param now milliseconds since the epoch, by the clock that wrote the record's times
 */
export function decide(record: PromotionRecord, observed: Observed, now: number, router: Router): Decision {
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
    toward(record.plan, stage, observed, router) ??
    reached(record, stage, now) ??
    confirmed(record, stage, observed, now) ??
    jobsToward(record, stage, observed, now) ??
    hold(record, stage, observed, router) ??
    holdOn(record, stage, observed, now)
  );
}

/**
 * On the way down, which left stable alone since it was not written, it is written all the same: a step that slept past its lease had its
 * write on the way. Nobody has changed the Deployment since, so that its version did not fence it off.
 */
function isWrittenAfterAll(
  { direction, restore, leave, plan }: PromotionRecord,
  { stable }: Observed,
): boolean {
  if (direction === 'up' || restore || leave || !stable || plan.from === plan.to) return false;
  // an experiment writes nothing of stable, so that somebody else has
  if (plan.strategy === 'experiment') return false;
  return imageOf(stable, plan) === plan.to;
}

/** Something of the canary is there at the end: made by a step that has lost its lock, while it was being removed. It goes too. */
function comeBack(record: PromotionRecord, observed: Observed, now: number): Decision | undefined {
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

/** How long the counters may take to show a weight: the router's queue (3.3 s), their lag (1 s), a few looks; and room for chance. */
const CONFIRM_MS = 15_000;

/**
 * A step's time begins when its weight is in force by what was measured, not when it was written. Where there are too few requests to
 * tell, it begins all the same, after a while; where they say something else, `faultOf` ends the promotion.
 */
function confirmed(
  record: PromotionRecord,
  stage: Stage,
  { opinion }: Observed,
  now: number,
): Decision | undefined {
  const isHeld = record.reachedAt !== undefined && record.confirmedAt === undefined;
  const isGiven = stage.kind === 'weight' || stage.kind === 'shift';
  if (!isGiven || !isHeld || !opinion || opinion.share.verdict === 'unknown') return undefined;
  const { verdict, measured, sinceMs } = opinion.share;
  if (verdict !== 'agrees' && sinceMs < CONFIRM_MS) {
    return waitFor(`the router to take up ${stage.name}`);
  }
  const event: PromotionEvent =
    verdict === 'agrees'
      ? { type: 'measured', message: `${stage.name} is in force: ${measured}` }
      : {
          type: 'warning',
          message: `${stage.name} is not confirmed: ${measured}, which is too few to tell.`,
        };
  return { do: 'record', record: { ...record, confirmedAt: now }, events: [event] };
}

function reached(record: PromotionRecord, stage: Stage, now: number): Decision | undefined {
  // the Jobs of a test are made when their canary has been seen to stand, and recorded to
  if (record.reachedAt !== undefined || (stage.forMs === 0 && stage.kind !== 'test')) return undefined;
  return { do: 'record', record: { ...record, reachedAt: now }, events: [] };
}

function hold(
  record: PromotionRecord,
  stage: Stage,
  observed: Observed,
  router: Router,
): Decision | undefined {
  if (stage.kind !== 'hold') return undefined;
  const outcome = end.held(record.plan, router.weight(observed.routes));
  return { do: 'end', record: { ...record, held: true }, outcome };
}

function holdOn(record: PromotionRecord, stage: Stage, observed: Observed, now: number): Decision {
  const { opinion, recentCanary = 0 } = observed;
  // a user's step is held from when its weight is in force; a settle is over when it has been seen to be
  const began = stage.kind === 'weight' ? (record.confirmedAt ?? record.reachedAt) : record.reachedAt;
  const left = stage.forMs === 0 ? 0 : (began ?? now) + stage.forMs - now;
  if (left > 0 && !isSure(record, stage, opinion)) {
    const event: PromotionEvent = { type: 'holding', message: holdMessage(stage), ms: stage.forMs };
    return { do: 'wait', ms: Math.min(left, LOOK_AGAIN_MS), event };
  }
  const pending =
    stage.kind === 'weight' || stage.kind === 'test' ? pendingOf(record.plan, opinion) : undefined;
  if (pending !== undefined) return waitFor(pending);
  // the router may follow late (its queue, a connection of its own that was lost): what it counts is better than a time
  const isDrain = (stage.kind === 'stop' || stage.kind === 'return') && stage.forMs > 0;
  if (isDrain && recentCanary > 0 && now < record.since + record.plan.timeoutMs) {
    return waitFor('the last users to leave the canary, by the counters of the router');
  }
  const events: PromotionEvent[] = [
    ...(stage.kind === 'test' ? jobsSaid(observed) : []),
    ...(stage.kind === 'weight' && opinion && opinion.summary !== ''
      ? [
          {
            type: opinion.enough ? 'measured' : 'warning',
            message: `at ${stage.name}: ${opinion.summary}`,
          } as const,
        ]
      : []),
  ];
  return { do: 'record', record: entered(record, record.stage + 1, now), events };
}

/** Whether a step that ends by evidence has it: its weight is in force, every check has a value, and enough was counted. */
function isSure(
  { confirmedAt }: PromotionRecord,
  { untilSure }: Stage,
  opinion: Opinion | undefined,
): boolean {
  if (!untilSure || confirmedAt === undefined) return false;
  return opinion?.share.verdict === 'agrees' && opinion.enough && opinion.pending === undefined;
}

function holdMessage(stage: Stage): string {
  switch (stage.kind) {
    case 'weight':
      return `at ${stage.name}`;
    case 'test':
      return 'without users';
    case 'part':
      return 'draining: the last requests on the baseline end';
    case 'return':
    case 'stop':
      return 'draining: the last requests on the canary end';
    default:
      return 'settling: the router takes up the change';
  }
}

/** The record at another stage of its direction. */
export function entered(record: PromotionRecord, stage: number, now: number): PromotionRecord {
  const { reachedAt: _, confirmedAt: __, held: ___, ...rest } = record;
  return { ...rest, stage, since: now };
}

function turnDown(
  record: PromotionRecord,
  observed: Observed,
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

function finished(record: PromotionRecord, { stable, routes }: Observed, router: Router): Decision {
  const outcome = endOf(record, stable, router.weight(routes));
  return { do: 'end', record: undefined, outcome };
}

function endOf(record: PromotionRecord, stable: Observed['stable'], weight: number): Outcome {
  const { plan, direction } = record;
  if (direction === 'down') return end.aborted(record, stable, weight);
  return plan.strategy === 'experiment' ? end.passed(plan, weight) : end.promoted(plan, stable, weight);
}
