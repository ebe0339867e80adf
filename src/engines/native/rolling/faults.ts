import type { Deployment } from 'kubernetes-types/apps/v1';
import { formatDuration } from '../../../duration.ts';
import { imageOf } from '../../../workload/images.ts';
import { readySince } from '../../../workload/pods/readiness.ts';
import { titleOf, type Workload } from '../../../workload/rolling/kinds.ts';
import { isWritten, templateOf } from '../../../workload/rolling/revisions.ts';
import { isLackOfRoom, replicaFailure, type Trouble, troublesOf } from '../../../workload/trouble.ts';
import { THEN_PROMOTE_AGAIN } from '../../shared/hints.ts';
import { type Fault, isStaying } from '../converge/decision.ts';
import { failedEvents, missingDataFault, scoreFault } from '../decide/analysis-fault.ts';
import { hookFault, undoFault } from '../decide/hook-fault.ts';
import { describeTrouble } from '../decide/readiness-fault.ts';
import type { Plan } from '../plan/plan.ts';
import { withImage } from './converge.ts';
import { rollerOf } from './rollers.ts';
import { aroundRelease, living, type RollingSituation, readyOf } from './seen.ts';

/** How long a pod may have a trouble that can pass by itself before it counts. */
const PASSING_TROUBLE_MS = 60_000;

/** The first reason not to continue with the stage, if there is one. */
export function rollingFault(situation: RollingSituation): Fault | undefined {
  const { record, stage } = situation;
  if (stage.kind === 'undo') return driftOnTheWayBack(situation) ?? undoFault(aroundRelease(situation));
  if (record.direction === 'down' || stage.kind === 'clean-up')
    return driftOnTheWayBack(situation) ?? lateOnTheWay(situation);
  return (
    requested(situation) ??
    drift(situation) ??
    assessed(situation) ??
    scoreFault(judged(situation)) ??
    hookFault(aroundRelease(situation)) ??
    missingDataFault(judged(situation)) ??
    podFault(situation)
  );
}

/** The situation as the rules about measurements read it. A rolled workload has no stable Deployment beside it. */
export function judged({ record, stage, seen, now }: RollingSituation) {
  return { record, stage, now, snapshot: { assessment: seen.assessment, stable: undefined } };
}

function requested({ seen: { request } }: RollingSituation): Fault | undefined {
  return request ? { answer: 'down', reason: request.reason, hints: [] } : undefined;
}

/** Somebody deleted or changed the workload: a new template stays as it is, anything else is put back. */
function drift({ record: { plan }, seen }: RollingSituation): Fault | undefined {
  const { workload, before } = seen;
  const title = titleOf(plan);
  const leave = (reason: string): Fault => ({
    answer: 'leave',
    reason,
    hints: [`Find out who else deploys (a person, Git, Keel). ${THEN_PROMOTE_AGAIN}`],
  });
  if (!workload || !isStaying(workload))
    return { answer: 'leave', reason: `${title} was deleted meanwhile.`, hints: [] };
  const image = imageOf(workload, plan);
  if (image !== plan.from && image !== plan.to)
    return leave(`Somebody changed ${title} meanwhile: it runs ${image} instead of ${plan.to}.`);
  const roller = rollerOf(plan.kind);
  const isHeld = roller.release(workload) !== undefined;
  if (isHeld && image === plan.from && plan.from !== plan.to)
    return leave(`Somebody put ${title} back to ${image} meanwhile.`);
  const template = before && templateOf(before);
  if (template && !isWritten(withImage(template, plan, image), workload.spec?.template))
    return leave(`Somebody changed the pod template of ${title} meanwhile.`);
  const meddled = roller.meddled(workload);
  if (meddled === undefined) return undefined;
  return {
    answer: 'down',
    reason: `Somebody changed ${title} meanwhile: ${meddled}.`,
    hints: [`Find out who else changes it. ${THEN_PROMOTE_AGAIN}`],
  };
}

/** Somebody else has rolled another image while the old one was being brought back: theirs stays. */
function driftOnTheWayBack({ record, seen: { workload } }: RollingSituation): Fault | undefined {
  const { plan, direction, leave, reason = '' } = record;
  if (direction === 'up' || leave || !workload) return undefined;
  const image = imageOf(workload, plan);
  if (image === plan.from || image === plan.to) return undefined;
  const theirs = `Somebody changed ${titleOf(plan)} meanwhile: it runs ${image} instead of ${plan.from}.`;
  return { answer: 'leave', reason: `${reason} ${theirs}`.trim(), hints: record.hints ?? [] };
}

function assessed({ stage, seen: { assessment } }: RollingSituation): Fault | undefined {
  if (assessment?.failure === undefined || typeof stage.weight !== 'number') return undefined;
  return {
    answer: 'down',
    reason: assessment.failure,
    hints: assessment.failureHint === undefined ? [] : [assessment.failureHint],
    facts: failedEvents(stage, assessment),
  };
}

/** A pod of the release does not run, or the stage makes no progress. */
function podFault(situation: RollingSituation): Fault | undefined {
  const { record, stage, seen, now } = situation;
  const { plan } = record;
  const { newPods, workload } = seen;
  if (!workload || typeof stage.weight !== 'number') return undefined;
  // a Job may take longer than a pod, and the pods are waited for again after it
  const isLate = stage.kind !== 'after' && now >= deadline(situation) && record.reachedAt === undefined;
  // after the first pod, a pod that ends may only not have left its room yet
  const refused = newPods.length === 0 || isLate ? refusalOf(plan, workload) : undefined;
  const troubles = [...(refused ? [refused] : []), ...troublesOf(newPods)];
  const waitedFor = ({ pod }: Trouble) => {
    const made = newPods.find(({ metadata }) => metadata?.name === pod)?.metadata?.creationTimestamp;
    return now - Math.max(record.since, Date.parse(made ?? '') || 0);
  };
  const limitMs = Math.min(PASSING_TROUBLE_MS, plan.timeoutMs);
  const counted =
    troubles.find((each) => each.weight === 'fatal' || waitedFor(each) > limitMs) ??
    (isLate ? troubles[0] : undefined);
  if (counted) {
    const room = isLackOfRoom(counted)
      ? [
          'The cluster has no room for one more pod of this workload. Free some, or lower its resource requests.',
        ]
      : [];
    return {
      answer: 'down',
      reason: `A pod of the release does not run: ${describeTrouble(counted)}`,
      hints: room,
    };
  }
  if (!isLate) return undefined;
  return {
    answer: 'down',
    reason: `${titleOf(plan)} made no progress within ${formatDuration(plan.timeoutMs)}: ${stateOf(situation)}.`,
    hints: blocked(situation),
  };
}

/** Why no pod can be made; only a Deployment says it. */
function refusalOf({ kind }: Plan, workload: Workload): Trouble | undefined {
  return kind === undefined || kind === 'Deployment' ? replicaFailure(workload as Deployment) : undefined;
}

/** A pod of before that is not ready keeps a StatefulSet's controller from all others. */
function blocked({ record: { plan }, seen: { oldPods } }: RollingSituation): string[] {
  const sick = living(oldPods).filter((pod) => !readyOf(oldPods).includes(pod));
  const [first] = sick.map(({ metadata }) => metadata?.name);
  if (first === undefined)
    return ['Its readiness probe may never have passed. If the app needs longer to start, raise `timeout`.'];
  return [
    `${first} of ${plan.from} is not ready${plan.kind === 'StatefulSet' ? ', and the controller of a StatefulSet replaces no other pod before it is' : ''}: kubectl -n ${plan.namespace} describe pod ${first}`,
    'If the release mends it, promote it with `steps: [100%]`.',
  ];
}

function lateOnTheWay(situation: RollingSituation): Fault | undefined {
  const { record, stage, now } = situation;
  if (now < deadline(situation)) return undefined;
  const what = stage.kind === 'restore' ? 'did not come back' : 'did not settle';
  return {
    answer: 'stuck',
    reason:
      `${record.reason ?? ''} ${titleOf(record.plan)} ${what} within ${formatDuration(record.plan.timeoutMs)}: ${stateOf(situation)}.`.trim(),
    hints: [],
  };
}

/** When the stage times out: each pod that comes or becomes ready starts the time again. */
function deadline({ record, seen }: RollingSituation): number {
  const pods = [...seen.newPods, ...seen.oldPods];
  const times = pods.flatMap((pod) => [
    Date.parse(pod.metadata?.creationTimestamp ?? '') || 0,
    readySince(pod),
  ]);
  return Math.max(record.since, ...times) + record.plan.timeoutMs;
}

function stateOf({ record: { plan }, seen }: RollingSituation): string {
  const [fresh, old] = [seen.newPods, seen.oldPods].map(
    (pods) => `${readyOf(pods).length} of ${pods.length}`,
  );
  return `${fresh} pods of ${plan.to} are ready, and ${old} of ${plan.from}`;
}
