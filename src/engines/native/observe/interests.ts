import type { Interest } from '../../../cluster/mirror.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { labelValueOf } from '../../../workload/names.ts';
import { leaseName } from '../lock/lease.ts';
import { testLabel } from '../plan/names.ts';
import type { Plan } from '../plan/plan.ts';
import { resourceOf } from './policies.ts';

/**
 * What the loop watches of the cluster. The Jobs of checks only if `tests` is set, and stable's ReplicaSets only if
 * `sets` is.
 */
export function interestsOf(
  plan: Plan,
  router: TrafficRouter,
  { tests = false, sets = false } = {},
): Interest[] {
  const { key, stable, canary } = plan.label;
  const services = [
    ...plan.services.flatMap((pair) => [pair.stable, pair.canary]),
    ...(plan.baseline?.services.map(({ baseline }) => baseline) ?? []),
    ...(plan.pace?.out?.services ?? []),
  ];
  const values = [stable, canary, testLabel(plan)];
  if (plan.baseline?.label.key === key) values.push(plan.baseline.label.value);
  if (plan.pace?.out) values.push(plan.pace.out.value);
  return [
    { resource: kinds.leases, fieldSelector: `metadata.name=${leaseName(plan.workload)}` },
    { resource: kinds.deployments },
    { resource: kinds.services },
    ...router.resources.filter((each) => each !== kinds.services).map((resource) => ({ resource })),
    ...(plan.autoscaler
      ? [{ resource: kinds.autoscalers, fieldSelector: `metadata.name=${plan.autoscaler.name}` }]
      : []),
    ...(sets ? [{ resource: kinds.replicaSets, labelSelector: `${key}=${stable}` }] : []),
    ...[...new Set((plan.policies ?? []).map(resourceOf))].map((resource) => ({ resource })),
    ...(tests
      ? [{ resource: kinds.jobs, labelSelector: `${WORKLOAD_LABEL}=${labelValueOf(plan.workload)}` }]
      : []),
    { resource: kinds.pods, labelSelector: `${key} in (${values.join(',')})` },
    {
      resource: kinds.endpointSlices,
      labelSelector: `kubernetes.io/service-name in (${[...new Set(services)].join(',') || 'none'})`,
    },
  ] as Interest[];
}
