import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ApiError } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { holderName } from '../../../cluster/holder.ts';
import * as kinds from '../../../cluster/resource.ts';
import { messageOf } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { imageOf } from '../../../workload/images.ts';
import { RESUME_OR_ROLL_BACK, STATUS } from '../../shared/hints.ts';
import type { Fault } from '../converge/decision.ts';
import { leaseName, readLease } from '../lock/lease.ts';
import { type Plan, splitOf } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import { stageName } from '../plan/stages.ts';

/**
 * All outcomes of the native engine, in words: first those that are decided, then those that cut the loop
 * short.
 */

/** @param weight of the canary, in percent; so in all of these */
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
    hints: [RESUME_OR_ROLL_BACK],
    image: plan.to,
    weight,
  };
}

export function aborted(record: PromotionRecord, stable: Deployment | undefined, weight: number): Outcome {
  const { plan } = record;
  const isDown = stable?.spec?.replicas !== 0 && (stable?.status?.availableReplicas ?? 0) === 0;
  const serving = isDown ? 'has no available pod' : 'serves all users';
  const left = stable ? `${imageOf(stable, plan)} ${serving}` : 'no canary is left';
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
      `First remove the cause. ${RESUME_OR_ROLL_BACK}`,
      ...fault.hints,
    ],
    image: plan.to,
    weight,
  };
}

/** The end of the loop, and what stays of the record. */
export interface End {
  outcome: Outcome;
  record: PromotionRecord | undefined;
}

/** Somebody else has the lock, or the Lease is gone, with the namespace for example. */
export async function lockLost(plan: Plan, cluster: Cluster): Promise<End> {
  const [lease, { items }] = await Promise.all([
    cluster.get(kinds.leases, leaseName(plan.workload)),
    cluster.list(kinds.deployments, { fieldSelector: `metadata.name=${plan.workload}` }),
  ]).catch(() => [undefined, { items: undefined }] as const);
  const [stable] = items ?? [];
  if (items && (!stable || stable.metadata?.deletionTimestamp !== undefined)) {
    return {
      record: undefined,
      outcome: {
        kind: 'aborted',
        reason: `Deployment/${plan.workload} is being deleted, with its namespace or alone: there is nothing left to promote.`,
        hints: [`Look: kubectl get namespace ${plan.namespace}`],
        image: plan.to,
      },
    };
  }
  const { holder } = lease ? readLease(lease) : {};
  const who = holder
    ? holderName(holder)
    : lease
      ? 'somebody, who has ended since'
      : 'nobody: the Lease was deleted, alone or with its namespace';
  return {
    record: undefined,
    outcome: {
      kind: 'stuck',
      reason: `The lock of Deployment/${plan.workload} was lost: it is held by ${who}. This step has stopped acting.`,
      hints: [`The run that holds the lock brings the promotion to an end. ${STATUS}`],
      image: plan.to,
    },
  };
}

/**
 * The step does not know any more whether it has the lock. `trouble` is the last answer of the server, or
 * empty.
 */
export function outOfReach(record: PromotionRecord, server: string, trouble: string): End {
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `The API server at ${server} was unreachable for longer than the lease and the timeout. This step stopped at "${stageName(record)}".${trouble === '' ? '' : `\nThe last answer: ${trouble}`}`,
      hints: [RESUME_OR_ROLL_BACK],
      image: record.plan.to,
    },
  };
}

/** `on_cancel: keep`. */
export function kept(record: PromotionRecord): End {
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `The step was told to end, and leaves the promotion at "${stageName(record)}" (\`on_cancel: keep\`).`,
      hints: ['A guard, if there is one, brings it down.', RESUME_OR_ROLL_BACK],
      image: record.plan.to,
    },
  };
}

/** The API server refuses a write of the way back. The hints are the commands for a person. */
export function cannotGoDown(record: PromotionRecord, router: TrafficRouter, error: ApiError): End {
  const { namespace, canary } = record.plan;
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `${record.reason ?? ''} The way back is refused by the API server: ${messageOf(error)}`.trim(),
      hints: [
        ...router.manualRestore(splitOf(record.plan)),
        `kubectl -n ${namespace} delete deployment ${canary}`,
      ],
      image: record.plan.to,
    },
  };
}
