import type { Outcome } from '../../../outcome.ts';
import { imageOf } from '../../../workload/images.ts';
import { withOwnPace } from '../../../workload/rolling/pace.ts';
import { hasEntries, withdraw } from '../converge/canary-pods.ts';
import { convergeCheckJobs } from '../converge/check-jobs.ts';
import { converge } from '../converge/converge.ts';
import { type Decision, type Fault, isStaying } from '../converge/decision.ts';
import { convergeHooks } from '../converge/hooks.ts';
import { isUpdated } from '../observe/followers.ts';
import type { Moment, Situation } from '../observe/situation.ts';
import type { Snapshot } from '../observe/snapshot.ts';
import { splitOf } from '../plan/plan.ts';
import { entered, type PromotionRecord } from '../plan/record.ts';
import { hasMadeCanary, stagesOf } from '../plan/stages.ts';
import { faultOf } from './faults.ts';
import { restoreLateFollowers } from './follower-faults.ts';
import * as end from './outcomes.ts';
import { confirmed, holdStage, reached } from './waits.ts';

/**
 * Decides what to do next, from the record and the state of the cluster. Pure.
 *
 * Property tests hold its promises: no weight without ready endpoints (converge.ts); no write of stable
 * before all earlier stages have passed; a rollback begins with weight 0; every path ends. The reasons to
 * roll back are in faults.ts, the waits in waits.ts, and the order of the stages in plan/stages.ts.
 */
export function decide(moment: Moment): Decision {
  const { record } = moment;
  if (isWrittenAfterAll(moment)) return restoreStable(moment);
  const stage = stagesOf(record)[record.stage];
  if (!stage) return restoreLateFollowers(moment) ?? removeLeftover(moment) ?? finished(moment);
  const situation: Situation = { ...moment, stage };
  const fault = faultOf(situation);
  if (fault && fault.answer !== 'stuck') return turnDown(moment, fault);
  const withdrawal = withdraw(moment);
  if (withdrawal) return withdrawal;
  if (fault) return { do: 'end', record, outcome: end.stuck(record, stage, fault, weightNow(moment)) };
  return (
    converge(situation) ??
    reached(situation) ??
    confirmed(situation) ??
    convergeCheckJobs(situation) ??
    convergeHooks(situation) ??
    hold(situation) ??
    holdStage(situation)
  );
}

/** The canary's weight in the routes, in percent. */
function weightNow({ record, snapshot, router }: Moment): number {
  return router.weight(splitOf(record.plan), snapshot.routes);
}

/**
 * Stable was updated after the rollback started: a write from a step that had lost its lease arrived late.
 * Nobody has changed the Deployment since, so its resourceVersion did not stop that write.
 */
function isWrittenAfterAll({ record, snapshot: { stable } }: Moment): boolean {
  const { direction, restore, leave, plan } = record;
  if (direction === 'up' || restore || leave || !stable || plan.from === plan.to) return false;
  // an experiment never writes stable, so somebody else did
  if (plan.strategy === 'experiment') return false;
  return imageOf(stable, plan) === plan.to;
}

/**
 * Removes what is left of the canary and of the pace at the end: a step that had lost its lock created it during
 * the clean-up.
 */
function removeLeftover({ record, snapshot, now, router }: Moment): Decision | undefined {
  const { stable, canary, services: present, baseline, baselineServices, policies, routes } = snapshot;
  const copies = policies.map(({ copy }) => copy);
  const left = [canary, baseline, ...present, ...baselineServices, ...copies].flatMap((each) => each ?? []);
  const { plan } = record;
  const isSplit = router.restore(splitOf(plan), routes).length > 0;
  const isPaced = stable !== undefined && isStaying(stable) && withOwnPace(stable) !== undefined;
  if (!(isSplit || isPaced || left.some(isStaying)) || (plan.steps.length === 0 && !plan.pace))
    return undefined;
  const stage = stagesOf(record).findIndex(({ kind }) => kind === 'clean-up');
  return { do: 'record', record: entered(record, stage, now), events: [] };
}

function restoreStable({ record, now }: Moment): Decision {
  const reason = `A step that had lost its lock updated Deployment/${record.plan.workload}, so its image is restored.`;
  return {
    do: 'record',
    record: { ...entered(record, 0, now), restore: true, drain: true },
    events: [{ type: 'down', reason }],
  };
}

function hold(situation: Situation): Decision | undefined {
  const { record, stage } = situation;
  // one with a time is waited for, as a step is
  if (stage.kind !== 'hold' || stage.forMs > 0) return undefined;
  return {
    do: 'end',
    record: { ...record, held: true },
    outcome: end.held(record.plan, weightNow(situation)),
  };
}

function turnDown(moment: Moment, fault: Fault): Decision {
  const { record, now } = moment;
  const { stable } = moment.snapshot;
  const restore =
    fault.answer === 'down' &&
    record.plan.strategy !== 'experiment' &&
    stable !== undefined &&
    imageOf(stable, record.plan) === record.plan.to;
  return {
    do: 'record',
    record: {
      ...entered(record, 0, now, fault.facts),
      direction: 'down',
      reason: fault.reason,
      hints: fault.hints,
      restore,
      ...(moment.snapshot.followers.some((each) => isUpdated(each, record.plan))
        ? { restoreFollowers: true }
        : {}),
      ...(fault.answer === 'leave' ? { leave: true } : {}),
      reachedWeight: Math.max(weightNow(moment), record.reachedWeight ?? 0),
      // even if somebody else has just set weight 0, because the router follows late
      drain:
        weightNow(moment) > 0 ||
        hasMadeCanary(record) ||
        (moment.router.needsCanaryPods !== undefined && hasEntries(moment)),
    },
    events: [...(fault.facts ?? []), { type: 'down', reason: fault.reason }],
  };
}

function finished(moment: Moment): Decision {
  const outcome = endOf(moment.record, moment.snapshot, weightNow(moment));
  return { do: 'end', record: undefined, outcome };
}

function endOf(record: PromotionRecord, { stable, followers }: Snapshot, weight: number): Outcome {
  const { plan, direction } = record;
  if (direction === 'down') return end.aborted(record, stable, weight, followers);
  return plan.strategy === 'experiment' ? end.passed(plan, weight) : end.promoted(plan, stable, weight);
}
