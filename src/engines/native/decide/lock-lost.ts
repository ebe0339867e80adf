import type { Cluster } from '../../../cluster/client.ts';
import { holderName } from '../../../cluster/holder.ts';
import { leases } from '../../../cluster/resource.ts';
import { referenceOf, resourceOf, titleOf } from '../../../workload/rolling/kinds.ts';
import { STATUS } from '../../shared/hints.ts';
import { leaseName, readLease } from '../lock/lease.ts';
import type { Plan } from '../plan/plan.ts';
import type { End } from './outcomes.ts';

/** Another run has the lock, or the Lease was deleted, for example with its namespace. */
export async function lockLost(plan: Plan, cluster: Cluster): Promise<End> {
  const [lease, { items }] = await Promise.all([
    cluster.get(leases, leaseName(referenceOf(plan))),
    cluster.list(resourceOf(plan.kind), { fieldSelector: `metadata.name=${plan.workload}` }),
  ]).catch(() => [undefined, { items: undefined }] as const);
  const [stable] = items ?? [];
  if (items && (!stable || stable.metadata?.deletionTimestamp !== undefined)) {
    return {
      record: undefined,
      outcome: {
        kind: 'aborted',
        reason: `${titleOf(plan)} is being deleted, alone or with its namespace, so there is nothing to promote.`,
        hints: [`kubectl get namespace ${plan.namespace}`],
        image: plan.to,
      },
    };
  }
  const { holder } = lease ? readLease(lease) : {};
  const why = holder
    ? `${holderName(holder)} holds it now`
    : lease
      ? 'another run took it, and has ended since'
      : 'the Lease was deleted, alone or with its namespace';
  return {
    record: undefined,
    outcome: {
      kind: 'stuck',
      reason: `This step lost the lock of ${titleOf(plan)}, so it stopped: ${why}.`,
      hints: [`The run that holds the lock ends the promotion. ${STATUS}`],
      image: plan.to,
    },
  };
}
