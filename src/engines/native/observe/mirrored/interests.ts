import type { Interest } from '../../../../cluster/copies.ts';
import * as kinds from '../../../../cluster/resource.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { autoscalerResource } from '../../../../workload/autoscaling/scaled-object.ts';
import { WORKLOAD_LABEL } from '../../../../workload/canary-copy.ts';
import { labelValueOf } from '../../../../workload/names.ts';
import { reducedPod } from '../../../../workload/pods/reduced.ts';
import { leaseName } from '../../lock/lease.ts';
import { testLabel } from '../../plan/names.ts';
import { type Plan, splitOf } from '../../plan/plan.ts';
import { interestsOfFollowers } from '../followers.ts';
import { resourceOf } from '../policies.ts';

/**
 * What the loop watches of the cluster: the objects of the plan by name, and pods, Jobs and EndpointSlices by
 * label, so that the rest of the namespace costs nothing. The Jobs of checks only if `tests` is set, and stable's
 * ReplicaSets only if `sets` is.
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
    { resource: kinds.leases, names: [leaseName(plan.workload)] },
    {
      resource: kinds.deployments,
      names: [plan.workload, plan.canary, ...(plan.baseline ? [plan.baseline.deployment] : [])],
    },
    { resource: kinds.services, names: services },
    ...routesOf(plan, router),
    ...(plan.autoscaler
      ? [{ resource: autoscalerResource(plan.autoscaler), names: [plan.autoscaler.name] }]
      : []),
    ...(sets ? [{ resource: kinds.replicaSets, labelSelector: `${key}=${stable}` }] : []),
    ...policiesOf(plan),
    ...interestsOfFollowers(plan),
    ...(tests
      ? [{ resource: kinds.jobs, labelSelector: `${WORKLOAD_LABEL}=${labelValueOf(plan.workload)}` }]
      : []),
    {
      resource: kinds.pods,
      labelSelector: `${key} in (${values.join(',')})`,
      // a pod that is written has to be whole
      ...(plan.pace?.out ? {} : { reduce: reducedPod }),
    },
    {
      resource: kinds.endpointSlices,
      labelSelector: `kubernetes.io/service-name in (${[...new Set(services)].join(',') || 'none'})`,
    },
  ] as Interest[];
}

/** The routes that the router reads; all of a kind if it does not say which. */
function routesOf(plan: Plan, router: TrafficRouter): Interest[] {
  const named = router.watched?.(splitOf(plan));
  // the Services of the plan are watched for every router
  const routes = router.resources.filter((resource) => resource !== kinds.services);
  return routes.map((resource) => {
    const names = named?.get(resource);
    return { resource, ...(names ? { names } : {}) };
  });
}

function policiesOf({ policies = [] }: Plan): Interest[] {
  return [...Map.groupBy(policies, resourceOf)].map(([resource, pairs]) => ({
    resource,
    names: pairs.flatMap(({ stable, canary }) => [stable, canary]),
  }));
}
