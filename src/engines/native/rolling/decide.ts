import type { OwnStep } from '../../../analysis/checks/runner.ts';
import type { PromotionEvent } from '../../../events.ts';
import { imageOf } from '../../../workload/images.ts';
import { titleOf } from '../../../workload/rolling/kinds.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import { type Decision, type Fault, waitFor } from '../converge/decision.ts';
import { measuredEvents, pendingOf } from '../decide/analysis-fault.ts';
import { checkToCome } from '../decide/check-job-fault.ts';
import { entered, type PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import { stagesOf } from '../plan/stages.ts';
import { convergeRolling, isTouched, shareOf } from './converge.ts';
import { judged, rollingFault } from './faults.ts';
import * as end from './outcomes.ts';
import type { RollingSituation } from './seen.ts';

type RollingMoment = Omit<RollingSituation, 'stage'>;

/**
 * Decides what a rolling update does next, from the record and what is seen. Pure. The rules beside it: how many pods get the
 * release (converge.ts, one roller for each kind), and the reasons to go back (faults.ts).
 */
export function decideRolling(moment: RollingMoment): Decision {
  const { record, seen } = moment;
  const stage = stagesOf(record)[record.stage];
  if (isWrittenAfterAll(moment)) return restoreAgain(moment);
  if (!stage) {
    const outcome = record.direction === 'up' ? end.promoted(record, seen) : end.aborted(record, seen);
    return { do: 'end', record: undefined, outcome };
  }
  const situation: RollingSituation = { ...moment, stage };
  const fault = rollingFault(situation);
  if (fault?.answer === 'stuck') return { do: 'end', record, outcome: end.stuck(situation, fault) };
  if (fault) return turnDown(moment, fault);
  return convergeRolling(situation) ?? reached(situation) ?? held(situation) ?? holdStage(situation);
}

/** A write of a step that had lost its lock came after the way back had begun. */
function isWrittenAfterAll({ record, seen: { workload } }: RollingMoment): boolean {
  const { direction, leave, plan, stage } = record;
  if (direction === 'up' || stage === 0 || leave || !workload || plan.from === plan.to) return false;
  return imageOf(workload, plan) === plan.to;
}

function restoreAgain({ record, now }: RollingMoment): Decision {
  const reason = `A step that had lost its lock updated ${titleOf(record.plan)}, so it is restored.`;
  const again = { ...entered(record, 0, now), restore: true };
  return { do: 'record', record: again, events: [{ type: 'down', reason }] };
}

/** The stage with checks of its own that the promotion is at; undefined if there is none. */
export function ownStep(record: PromotionRecord): OwnStep | undefined {
  const stage = stagesOf(record)[record.stage];
  if (record.direction !== 'up' || !stage?.checks) return undefined;
  const { name, checks } = stage;
  return { index: record.stage, name, checks, isInForce: record.reachedAt !== undefined };
}

/** Records that the pods of the stage are ready, which starts its time. */
function reached({ record, stage, now }: RollingSituation): Decision | undefined {
  if (record.reachedAt !== undefined || (stage.forMs === 0 && !stage.checks)) return undefined;
  return { do: 'record', record: { ...record, reachedAt: now }, events: shareEvents(stage) };
}

function held({ record, stage }: RollingSituation): Decision | undefined {
  if (stage.kind !== 'hold' || stage.forMs > 0) return undefined;
  return {
    do: 'end',
    record: { ...record, held: true },
    outcome: end.held(record.plan, Number(stage.weight)),
  };
}

/** Waits for the time of the stage and for what watches it, then enters the next stage. */
function holdStage(situation: RollingSituation): Decision {
  const { record, stage, seen, now } = situation;
  const { assessment } = seen;
  const left = stage.forMs === 0 ? 0 : (record.reachedAt ?? now) + stage.forMs - now;
  const isSure =
    stage.untilSure === true &&
    assessment?.conclusive === true &&
    checkToCome(stage, assessment) === undefined;
  if (left > 0 && !isSure) {
    const weight = typeof stage.weight === 'number' ? { weight: stage.weight } : {};
    const event = {
      type: 'holding',
      reason: stage.weight === 0 ? 'without-users' : 'step',
      stage: stage.name,
      ...weight,
      ms: stage.forMs,
      endsAt: now + left,
    } as const;
    return { do: 'wait', ms: Math.min(left, POLL_INTERVAL_MS), event };
  }
  const pending = stage.forMs === 0 && !stage.checks ? undefined : pendingOf(judged(situation));
  if (pending !== undefined) return waitFor(pending);
  const isTold = record.reachedAt !== undefined || record.leave || record.restore === false;
  const events: PromotionEvent[] = [
    ...(isTold ? [] : shareEvents(stage)),
    ...(stage.kind === 'weight' || stage.checks ? measuredEvents(stage, assessment) : []),
  ];
  return { do: 'record', record: entered(record, record.stage + 1, now, events), events };
}

/** Tells the share of the pods that the stage has brought the release to; a stage that keeps the share of before tells nothing. */
function shareEvents({ kind, weight }: Stage): PromotionEvent[] {
  if (kind !== 'weight' && kind !== 'update-stable' && kind !== 'restore') return [];
  return [{ type: 'weight', weight: weight === 'lower' ? 0 : Number(weight), weightOf: 'pods', routes: [] }];
}

function turnDown({ record, seen, now }: RollingMoment, fault: Fault): Decision {
  return {
    do: 'record',
    record: {
      ...entered(record, 0, now, fault.facts),
      direction: 'down',
      reason: fault.reason,
      hints: fault.hints,
      restore: isTouched(record.plan, seen),
      ...(fault.answer === 'leave' ? { leave: true } : {}),
      reachedWeight: Math.max(shareOf(seen), record.reachedWeight ?? 0),
    },
    events: [...(fault.facts ?? []), { type: 'down', reason: fault.reason }],
  };
}
