import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Outcome } from '../../../outcome.ts';
import { imageOf } from '../../../workload/images.ts';
import type { Fault } from '../converge/decision.ts';
import type { Plan } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stages.ts';

/** The ends that are decided, in words; `weight` is the canary's, in percent. */

export function promoted(plan: Plan, stable: Deployment | undefined, weight: number): Outcome {
  const replicas = stable?.status?.availableReplicas ?? 0;
  const reason = `${plan.to} is the stable version, ${replicas} ${replicas === 1 ? 'pod' : 'pods'} available.`;
  return {
    kind: 'promoted',
    reason,
    hints: [],
    image: plan.to,
    weight,
    reachedWeight: plan.steps.length > 0 ? 100 : 0,
  };
}

/** An experiment's. */
export function passed(plan: Plan, weight: number): Outcome {
  const reason = `The experiment has passed: ${plan.to} beside ${plan.from}, without users. Nothing is left of either; stable was not touched.`;
  return { kind: 'shown', reason, hints: [], image: plan.from, weight };
}

export function held(plan: Plan, weight: number): Outcome {
  return {
    kind: 'held',
    reason: `${plan.to} waits at a hold with ${weight} % of the users.`,
    hints: [
      'To go on: promote the same build again. To go back: promote with `action: abort`, or roll back.',
    ],
    image: plan.to,
    weight,
  };
}

export function aborted(record: PromotionRecord, stable: Deployment | undefined, weight: number): Outcome {
  const { plan } = record;
  const left = stable ? `${imageOf(stable, plan)} serves all users` : 'no canary is left';
  return {
    kind: 'aborted',
    reason: `${record.reason ?? 'Aborted.'}\nProduction is as it was: ${left}.`,
    hints: record.hints ?? [],
    image: plan.from,
    weight,
    ...(record.reachedWeight === undefined ? {} : { reachedWeight: record.reachedWeight }),
  };
}

export function stuck(
  { plan, direction }: PromotionRecord,
  stage: Stage,
  fault: Fault,
  weight: number,
): Outcome {
  const state =
    direction === 'up' && weight === 100
      ? `The canary (${plan.to}) carries all users and keeps them; Deployment/${plan.workload} did not follow.`
      : `It stopped at "${stage.name}", with ${weight} % of the users on the canary.`;
  return {
    kind: 'stuck',
    reason: `${fault.reason}\n${state}`,
    hints: [
      `Look: kubectl -n ${plan.namespace} describe deployment ${plan.workload}`,
      'When it is mended: promote the same build again, and it goes on; or `action: abort` puts the old version back.',
      ...fault.hints,
    ],
    image: plan.to,
    weight,
  };
}
