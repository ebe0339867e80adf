import type { ApiError } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { holderName } from '../../../cluster/holder.ts';
import * as kinds from '../../../cluster/resource.ts';
import { messageOf } from '../../../errors.ts';
import type { Outcome } from '../../../outcome.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { leaseName, readLease } from '../lock/lease.ts';
import { type Plan, splitOf } from '../plan/plan.ts';
import type { PromotionRecord } from '../plan/record.ts';
import { stagesOf } from '../plan/stages.ts';

/** The end of the loop, and what stays of the record. */
export interface End {
  outcome: Outcome;
  record: PromotionRecord | undefined;
}

const NEXT_RUN = 'Promote the same build again, and it goes on from there; or end it with `action: abort`.';

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
      hints: [
        'See where it stands: `action: status`. Whoever holds the lock brings the promotion to an end.',
      ],
      image: plan.to,
    },
  };
}

export function outOfReach(record: PromotionRecord, server: string, trouble: string): End {
  return {
    record,
    outcome: {
      kind: 'stuck',
      reason: `The API server at ${server} was out of reach for longer than the lock lasts and than is waited for. This step has stopped acting at "${stageName(record)}".${trouble === '' ? '' : `\nThe last answer: ${trouble}`}`,
      hints: [NEXT_RUN],
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
      hints: ['A guard, where there is one, brings it down.', NEXT_RUN],
      image: record.plan.to,
    },
  };
}

function stageName(record: PromotionRecord): string {
  return stagesOf(record)[record.stage]?.name ?? 'the end';
}

/** A write of the way back is refused: a person has to go it. */
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
