import { right } from '../../../cluster/access.ts';
import type { Right } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';
import { OTHER_ROUTES } from '../../../traffic/other-routes.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { scaledObjects } from '../../../workload/autoscaling/scaled-object.ts';
import { resourceOf, type WorkloadKind } from '../../../workload/rolling/kinds.ts';
import { revisionsOf } from '../../../workload/rolling/revisions.ts';
import type { WorkloadRef } from './followers/follower.ts';
import { rightsToReadFollowers, rightsToRollFollowers } from './followers/read-followers.ts';
import type { HeldAutoscaler, Plan } from './plan.ts';
import type { PromotionSpec } from './spec.ts';
import { podMonitors, serviceMonitors } from './split/monitors.ts';
import type { PolicyPair } from './split/policy-pair.ts';
import { rightsToPreview } from './split/preview.ts';

const LOOK: readonly Right[] = [
  ...right(kinds.deployments, 'list'),
  ...right(kinds.services, 'list'),
  ...right(kinds.leases, 'get'),
];

const PROMOTE: readonly Right[] = [
  ...right(kinds.pods, 'list', 'watch'),
  { verb: 'get', resource: kinds.pods, subresource: 'log' },
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'create', 'update'),
];

const GUARD: readonly Right[] = [
  ...right(kinds.deployments, 'list', 'watch', 'update', 'delete'),
  ...right(kinds.services, 'list', 'watch', 'delete'),
  ...right(kinds.pods, 'list', 'watch'),
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'update'),
];

/**
 * The rights of a rolling update: to read a workload of the kind, its revisions and its pods, to write the workload, and
 * to delete pods.
 *
 * @param use `look` for a dry run and a status; a guard creates nothing but Jobs of `after` and `undo`
 */
export function rightsToRoll(
  kind: WorkloadKind,
  use: 'look' | 'promote' | 'guard',
  { guard = false, hooks = false } = {},
): readonly Right[] {
  const look = [
    ...right(resourceOf(kind), 'list'),
    ...right(revisionsOf(kind), 'list'),
    ...right(kinds.pods, 'list'),
    ...right(kinds.leases, 'get'),
  ];
  if (use === 'look') return look;
  return [
    ...look,
    ...right(resourceOf(kind), 'get', 'watch', 'update'),
    ...right(revisionsOf(kind), 'watch'),
    ...right(kinds.pods, 'watch', 'delete'),
    { verb: 'get', resource: kinds.pods, subresource: 'log' },
    ...right(kinds.leases, 'list', 'watch', 'update', ...(use === 'promote' ? ['create'] : [])),
    ...jobRights(guard, false, hooks),
  ];
}

/** To raise an autoscaler's minimum, or to pause KEDA, while the canary takes all users. The guard restores both. */
export const TO_HOLD_AUTOSCALER: readonly Right[] = right(kinds.autoscalers, 'list', 'watch', 'update');
export const TO_PAUSE_KEDA: readonly Right[] = right(scaledObjects, 'list', 'watch', 'update');

function toHold(autoscaler: HeldAutoscaler | undefined): readonly Right[] {
  if (!autoscaler) return [];
  return autoscaler.kind === 'ScaledObject' ? TO_PAUSE_KEDA : TO_HOLD_AUTOSCALER;
}

/** To create the guard's Job, and to delete it if it does not come up. */
export const TO_BE_GUARDED: readonly Right[] = right(kinds.jobs, 'create', 'delete');

/** For checks by Jobs. Kubernetes deletes a check's Job together with the canary that owns it. */
export const TO_RUN_CHECK_JOBS: readonly Right[] = right(kinds.jobs, 'list', 'watch', 'create');

/** For Jobs before and after the release, which are created suspended, then let run, and removed at the end. */
export const TO_RUN_HOOKS: readonly Right[] = [
  ...right(kinds.jobs, 'list', 'watch', 'create', 'update', 'delete'),
  { verb: 'get', resource: kinds.pods, subresource: 'log' },
];

/** Policies and budgets that know stable's pods are copied for the canary. The guard removes the copies. */
export const TO_COPY_POLICIES: readonly Right[] = [kinds.networkPolicies, kinds.disruptionBudgets].flatMap(
  (each) => right(each as kinds.Resource<kinds.KubeObject>, 'list', 'watch', 'create', 'delete'),
);

/** The same without making one. */
export const TO_REMOVE_POLICIES: readonly Right[] = TO_COPY_POLICIES.filter(({ verb }) => verb !== 'create');

/** With a check that queries Prometheus, a plan also reads what tells it whom to scrape. */
export const MAY_LOOK_AT_MONITORS: readonly Right[] = [
  ...right(serviceMonitors, 'list'),
  ...right(podMonitors, 'list'),
];

/** What a plan also reads of other namespaces, if it may: policies that name stable's pods. */
export const MAY_LOOK_OUTSIDE: readonly Right[] = right(kinds.allNetworkPolicies, 'list');

/**
 * To find a volume that only one pod can mount, the room that quotas leave, and routes that are not split; a plan reads
 * these if it may.
 */
export const MAY_LOOK: readonly Right[] = [
  ...right(kinds.volumeClaims, 'get'),
  ...right(kinds.resourceQuotas, 'list'),
  ...OTHER_ROUTES.flatMap((each) => right(each, 'list')),
];

/** The rights that `status` and `dry_run` need. @param routers the routers that may split */
export function rightsToLook(
  routers: readonly TrafficRouter[],
  followers: readonly WorkloadRef[] = [],
): readonly Right[] {
  return [
    ...LOOK,
    ...rightsToReadFollowers(followers),
    ...routers.flatMap((router) => router.rightsFor('look')),
  ];
}

/** The rights of the guard: it rolls a promotion back or finishes it, and creates nothing but the Jobs of `after` and `undo`. */
export function rightsToGuard(
  router: TrafficRouter | undefined,
  {
    policies = [],
    autoscaler,
    followers = [],
    hooks = false,
    preview,
  }: Pick<Plan, 'policies' | 'autoscaler' | 'followers' | 'preview'> & { hooks?: boolean } = {},
): readonly Right[] {
  return [
    ...GUARD,
    ...(preview ? rightsToPreview(router, 'guard') : []),
    ...(hooks ? TO_RUN_HOOKS : []),
    ...toHold(autoscaler),
    ...rightsToRollFollowers(followers),
    ...(router?.rightsFor('guard') ?? []),
    ...TO_REMOVE_POLICIES.filter(({ resource }) => policies.some(({ kind }) => kind === resource.kind)),
  ];
}

/**
 * The rights of a promotion, from the first read to the last delete (src/rbac grants them). With a guard, and
 * for checks by Jobs, it creates Jobs. With an autoscaler on the workload, it raises its minimum. With
 * policies, it copies them. It rolls the workloads that follow.
 *
 * @param router what splits the users; undefined if it is not known yet
 */
export function rightsToPromote(
  router: TrafficRouter | undefined,
  {
    guard = false,
    jobs = false,
    hooks = false,
    autoscaler = undefined as HeldAutoscaler | undefined,
    policies = [] as readonly PolicyPair[],
    followers = [] as readonly WorkloadRef[],
    preview = false,
  } = {},
): readonly Right[] {
  return [
    ...right(kinds.deployments, 'get', 'list', 'watch', 'create', 'update', 'delete'),
    ...right(kinds.services, 'list', 'watch', 'create', 'delete'),
    ...(router?.rightsFor('promote') ?? []),
    ...(preview ? rightsToPreview(router, 'promote') : []),
    ...PROMOTE,
    ...jobRights(guard, jobs, hooks),
    ...toHold(autoscaler),
    ...rightsToRollFollowers(followers),
    ...TO_COPY_POLICIES.filter(({ resource }) => policies.some(({ kind }) => kind === resource.kind)),
  ];
}

/** What a promotion makes Jobs for, and the workloads that it takes with it. */
export function rightsWanted(
  { jobs, steps, before, after, followers, preview }: PromotionSpec,
  guard: boolean,
): { guard: boolean; jobs: boolean; hooks: boolean; followers: readonly WorkloadRef[]; preview: boolean } {
  const hooks = before.length + after.length > 0;
  const hasSteps = steps.length > 0;
  return {
    guard,
    jobs: jobs.length > 0 && hasSteps,
    hooks,
    followers,
    preview: preview !== undefined && hasSteps,
  };
}

/** The rights on Jobs, each once, for what a promotion makes them for; that to read logs is in PROMOTE. */
function jobRights(guard: boolean, checks: boolean, hooks: boolean): Right[] {
  const all = [
    ...(guard ? TO_BE_GUARDED : []),
    ...(checks ? TO_RUN_CHECK_JOBS : []),
    ...(hooks ? TO_RUN_HOOKS : []),
  ].filter(({ resource }) => resource === kinds.jobs);
  return [...new Map(all.map((each) => [each.verb, each])).values()];
}
