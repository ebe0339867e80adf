import { right } from '../../../cluster/access.ts';
import type { Right } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';
import { OTHER_ROUTES } from '../../../traffic/other-routes.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';

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

/** An autoscaler's minimum is held while the users are away from stable. The guard puts it back. */
export const TO_HOLD_AUTOSCALER: readonly Right[] = right(kinds.autoscalers, 'list', 'watch', 'update');

/** A step with a guard makes its Job, and deletes one that does not come up. */
export const TO_BE_GUARDED: readonly Right[] = right(kinds.jobs, 'create', 'delete');

/** Checks by Jobs. A check's Job goes with the canary that owns it, so that no right to delete it is needed. */
export const TO_RUN_CHECK_JOBS: readonly Right[] = right(kinds.jobs, 'list', 'watch', 'create');

/** What a plan also reads, if it may: a volume that only one pod can have, and routes that are not split. */
export const MAY_LOOK: readonly Right[] = [
  ...right(kinds.volumeClaims, 'get'),
  ...OTHER_ROUTES.flatMap((each) => right(each, 'list')),
];

/** The rights that `status` and `dry_run` need. @param routers those that may split */
export function rightsToLook(routers: readonly TrafficRouter[]): readonly Right[] {
  return [...LOOK, ...routers.flatMap((router) => router.rightsFor('look'))];
}

/** The rights of the guard: it brings down or forward what is there, and makes nothing. */
export function rightsToGuard(router: TrafficRouter | undefined): readonly Right[] {
  return [...GUARD, ...(router?.rightsFor('guard') ?? [])];
}

/**
 * The rights of a promotion, from the first read to the last delete (src/rbac grants them). With a guard, and for checks by Jobs, it
 * makes Jobs; with an autoscaler on the workload it holds its minimum.
 *
 * @param router what splits the users; undefined if that is not known yet
 */
export function rightsToPromote(
  router: TrafficRouter | undefined,
  { guard = false, jobs = false, autoscaler = false } = {},
): readonly Right[] {
  return [
    ...right(kinds.deployments, 'get', 'list', 'watch', 'create', 'update', 'delete'),
    ...right(kinds.services, 'list', 'watch', 'create', 'delete'),
    ...(router?.rightsFor('promote') ?? []),
    ...PROMOTE,
    ...(guard ? TO_BE_GUARDED : []),
    // what the guard asks for already is not asked for twice
    ...(jobs ? TO_RUN_CHECK_JOBS.filter(({ verb }) => !guard || verb !== 'create') : []),
    ...(autoscaler ? TO_HOLD_AUTOSCALER : []),
  ];
}
