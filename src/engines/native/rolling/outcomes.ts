import type { ApiError } from '../../../cluster/api-error.ts';
import { messageOf } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import { imageOf } from '../../../workload/images.ts';
import { titleOf } from '../../../workload/rolling/kinds.ts';
import { RESUME_OR_ROLL_BACK } from '../../shared/hints.ts';
import type { Fault } from '../converge/decision.ts';
import type { End } from '../decide/outcomes.ts';
import { undoneLines } from '../plan/hooks/tasks.ts';
import type { Plan } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import { shareOf } from './converge.ts';
import { living, type RollingSituation, readyOf, type Seen } from './seen.ts';

/** The outcomes of a rolling update. Their weight is the share of the pods that run the release, in percent. */

export function promoted({ plan }: PromotionRecord, { newPods }: Seen): Outcome {
  const ready = readyOf(newPods).length;
  return {
    kind: 'promoted',
    reason: `All pods of ${titleOf(plan)} run ${plan.to}, ${ready} ${ready === 1 ? 'is' : 'are'} ready.`,
    hints: [],
    image: plan.to,
    weight: 0,
    reachedWeight: 100,
  };
}

export function held(plan: Plan, weight: number): Outcome {
  return {
    kind: 'held',
    reason: `${plan.to} waits at a hold on ${weight} % of the pods of ${titleOf(plan)}.`,
    hints: [RESUME_OR_ROLL_BACK],
    image: plan.to,
    weight,
    weightOf: 'pods',
  };
}

export function aborted(record: PromotionRecord, seen: Seen): Outcome {
  const { plan, reachedWeight } = record;
  return {
    kind: 'aborted',
    reason: [record.reason ?? 'Aborted.', ...undoneLines(record), endState(record, seen)].join('\n'),
    hints: record.hints ?? [],
    image: plan.from,
    weight: 0,
    ...(reachedWeight === undefined ? {} : { reachedWeight }),
  };
}

function endState({ plan, leave }: PromotionRecord, seen: Seen): string {
  return leave ? left(plan, seen) : standing(plan, seen);
}

/** What somebody else has made of the workload. */
function left(plan: Plan, { workload }: Seen): string {
  return workload
    ? `${titleOf(plan)} stays as it is, with ${imageOf(workload, plan)}.`
    : `Nothing of ${titleOf(plan)} is left.`;
}

function standing(plan: Plan, { oldPods }: Seen): string {
  const [ready, all] = [readyOf(oldPods), living(oldPods)].map(({ length }) => length);
  return `Production is as it was: ${ready} of ${all} pods of ${titleOf(plan)} run ${plan.from} and are ready.`;
}

export function stuck({ record, stage, seen }: RollingSituation, fault: Fault): Outcome {
  const { plan } = record;
  const kind = (plan.kind ?? 'Deployment').toLowerCase();
  // the pods are back, and what is left is about data
  if (stage.kind === 'undo') {
    const reason = `${fault.reason}\n${endState(record, seen)}`;
    return { kind: 'stuck', reason, hints: fault.hints, image: plan.from, weight: 0 };
  }
  return {
    kind: 'stuck',
    reason: `${fault.reason}\nThe promotion stopped at "${stage.name}", with ${shareOf(seen)} % of the pods on ${plan.to}.`,
    hints: [
      `kubectl -n ${plan.namespace} describe ${kind} ${plan.workload}`,
      `First remove the cause. ${RESUME_OR_ROLL_BACK}`,
      ...fault.hints,
    ],
    image: plan.to,
    weight: shareOf(seen),
    weightOf: 'pods',
  };
}

/** The API server refuses a write of the way back. The hints are the commands to run instead. */
export function cannotRollBack(record: PromotionRecord, error: ApiError): End {
  const { namespace, workload, kind = 'Deployment' } = record.plan;
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason:
        `${record.reason ?? ''} The API server refused a write of the rollback: ${messageOf(error)}`.trim(),
      hints: [`kubectl -n ${namespace} rollout undo ${kind.toLowerCase()} ${workload}`, RESUME_OR_ROLL_BACK],
      image: record.plan.to,
    },
  };
}
