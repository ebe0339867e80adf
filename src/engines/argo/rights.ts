import { right } from '../../cluster/access.ts';
import type { Right } from '../../cluster/client.ts';
import * as core from '../../cluster/resource.ts';
import { grpcRoutes, httpRoutes, referenceGrants } from '../../traffic/gateway-api/routes.ts';
import { CONTROLLER_CONFIG } from './rollout/gateway-types.ts';
import { analysisRuns, analysisTemplates, experiments, rollouts } from './rollout/types.ts';

/** The rights to read a Rollout and what it owns. */
const TO_LOOK: readonly Right[] = [
  ...right(rollouts, 'get', 'list'),
  ...right(core.deployments, 'list'),
  ...right(core.replicaSets, 'list'),
  ...right(core.pods, 'list'),
  ...right(analysisRuns, 'list'),
  ...right(experiments, 'list'),
];

/** The rights to watch them. */
const TO_WATCH: readonly Right[] = TO_LOOK.filter(({ verb }) => verb === 'list').map(({ resource }) => ({
  verb: 'watch',
  resource,
}));

/** The rights to send commands to a Rollout. */
const TO_COMMAND: readonly Right[] = [
  { verb: 'patch', resource: rollouts },
  { verb: 'patch', resource: rollouts, subresource: 'status' },
];

/** The rights that an abort checks first. */
export const TO_ABORT: readonly Right[] = [...TO_WATCH, ...TO_COMMAND];

/** The rights of the guard. It writes no template. */
export const TO_GUARD: readonly Right[] = [
  ...TO_LOOK,
  ...TO_WATCH,
  ...TO_COMMAND,
  { verb: 'get', resource: core.pods, subresource: 'log' },
  ...right(core.leases, 'get', 'update'),
];

/** All rights that a promotion, a rollback and an abort need (src/rbac grants them). */
export const TO_DRIVE: readonly Right[] = [
  ...TO_LOOK,
  ...TO_WATCH,
  ...TO_COMMAND,
  ...right(rollouts, 'update'),
  ...right(core.deployments, 'update'),
  { verb: 'get', resource: core.pods, subresource: 'log' },
];

/**
 * Optional right: to tell the requests of a Rollout's route in the access log, and to find the route of a
 * blue-green one.
 */
export const TO_KNOW_ROUTES: readonly Right[] = right(core.ingresses, 'list');

/** The additional rights of a promotion with a guard. */
export const TO_BE_GUARDED: readonly Right[] = [
  ...right(core.leases, 'get', 'create', 'update'),
  ...right(core.jobs, 'create', 'delete'),
];

/**
 * The rights that a promotion checks before its first write. The right to update belongs to the object that
 * has the pod template.
 *
 * @param template undefined if it is not known, because the Rollout cannot be read: then both rights to
 * update
 */
export function rightsOf(template: 'own' | 'workloadRef' | undefined): readonly Right[] {
  const owners = [
    ...(template === 'workloadRef' ? [] : [rollouts]),
    ...(template === 'own' ? [] : [core.deployments]),
  ];
  return [...TO_ABORT, ...owners.flatMap((owner) => right(owner, 'update'))];
}

/** What determines the rights of a step: its action, a guard, and the checks of a bootstrap. */
export interface Usage {
  action: 'status' | 'abort' | 'dry-run' | 'promote' | 'bootstrap';
  template?: 'own' | 'workloadRef' | undefined;
  guard?: boolean;
  checks?: boolean;
}

/** All rights of a step. A refusal names every missing one. */
export function allRightsOf({ action, template, guard, checks }: Usage): readonly Right[] {
  switch (action) {
    case 'status':
      return TO_LOOK;
    case 'dry-run':
      return [...TO_LOOK, ...TO_WATCH];
    case 'abort':
      return [...TO_LOOK, ...TO_ABORT];
    case 'promote':
      return [...TO_LOOK, ...rightsOf(template), ...(guard ? TO_BE_GUARDED : [])];
    case 'bootstrap':
      return [...TO_BOOTSTRAP, ...(checks ? TO_ANALYSE : [])];
  }
}

/** The rights to make a Rollout from a Deployment, and to undo that. */
export const TO_BOOTSTRAP: readonly Right[] = [
  ...right(rollouts, 'get', 'list', 'watch', 'create', 'patch', 'delete'),
  ...right(core.deployments, 'get', 'list', 'watch', 'update'),
  ...right(core.services, 'get', 'list', 'watch', 'create', 'update', 'delete'),
  ...right(core.replicaSets, 'list', 'watch'),
  ...right(core.endpointSlices, 'list', 'watch'),
  ...right(core.ingresses, 'list'),
];

/** The additional rights of a bootstrap with `checks`, and of its undo. */
export const TO_ANALYSE: readonly Right[] = right(analysisTemplates, 'get', 'create', 'update', 'delete');

/** The additional rights if a route of Gateway API sends to the Service. */
export const TO_ROUTE: readonly Right[] = [
  ...right(httpRoutes, 'list', 'get', 'update'),
  ...right(grpcRoutes, 'list', 'get', 'update'),
];

/** Optional rights of a bootstrap. Without them, it cannot warn about these objects. */
export const MAY_LOOK: readonly Right[] = [
  ...right(core.disruptionBudgets, 'list'),
  ...right(core.autoscalers, 'list'),
  ...right(referenceGrants, 'list'),
];

/** Optional right, for the whole cluster: to find the Ingresses of ingress-nginx. */
export const MAY_LOOK_AT_CLASSES: readonly Right[] = right(core.ingressClasses, 'list');

/** Optional right, in the controller's namespace: to find the plugin that splits routes of Gateway API. */
export const MAY_LOOK_AT_PLUGIN: readonly Right[] = [
  { verb: 'list', resource: core.configMaps, ...CONTROLLER_CONFIG },
];
