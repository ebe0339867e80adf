import { right } from '../../../cluster/access.ts';
import type { Right } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';

/** The rights that looking needs: `status`, `dry_run`. */
export const TO_LOOK: readonly Right[] = [
  ...right(kinds.deployments, 'list'),
  ...right(kinds.services, 'list'),
  ...right(kinds.ingresses, 'list'),
  ...right(kinds.leases, 'get'),
];

/** The rights that a canary on ingress-nginx needs, from the first read to the last delete (deploy/rbac.yaml grants them). */
export const TO_PROMOTE: readonly Right[] = [
  ...right(kinds.deployments, 'get', 'list', 'watch', 'create', 'update', 'delete'),
  ...right(kinds.services, 'list', 'watch', 'create', 'delete'),
  ...right(kinds.ingresses, 'list', 'watch', 'create', 'update', 'delete'),
  ...right(kinds.pods, 'list', 'watch'),
  { verb: 'get', resource: kinds.pods, subresource: 'log' },
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'create', 'update'),
];

/** The guard's own: it brings down or forward what is there, and makes nothing. */
export const TO_GUARD: readonly Right[] = [
  ...right(kinds.deployments, 'list', 'watch', 'update', 'delete'),
  ...right(kinds.services, 'list', 'watch', 'delete'),
  ...right(kinds.ingresses, 'list', 'watch', 'update', 'delete'),
  ...right(kinds.pods, 'list', 'watch'),
  ...right(kinds.endpointSlices, 'list', 'watch'),
  ...right(kinds.leases, 'get', 'list', 'watch', 'update'),
];

/**
 * The rights of a promotion: with a guard, and for checks of that kind, it makes Jobs; with an autoscaler on the workload it holds its
 * minimum. A check's Job goes with the canary that owns it: nobody needs the right to delete it.
 */
export function rightsOf({ guard = false, jobs = false, autoscaler = false }): readonly Right[] {
  return [
    ...TO_PROMOTE,
    ...(guard ? right(kinds.jobs, 'create', 'delete') : []),
    ...(jobs ? right(kinds.jobs, 'list', 'watch', ...(guard ? [] : ['create'])) : []),
    ...(autoscaler ? right(kinds.autoscalers, 'list', 'watch', 'update') : []),
  ];
}
