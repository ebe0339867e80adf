import { isDeepStrictEqual } from 'node:util';
import { right } from '../../../cluster/access.ts';
import type { Cluster, Right } from '../../../cluster/client.ts';
import { nameOf, objectName } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { PromoteError } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import { routeFaults, withCanary, withoutCanary } from '../../../traffic/gateway-api/argo-plugin.ts';
import type { Route, Routed } from '../../../traffic/gateway-api/routes.ts';
import type { ServicePair } from '../../../traffic/split.ts';
import type { AnyResource } from './shared.ts';

/** The rights to write the routes. */
export function routeRights(routes: readonly Routed[]): Right[] {
  const kinds = new Set(routes.map(({ resource: of }) => of));
  return [...kinds].flatMap((of) => right(of, 'get', 'update'));
}

/** The write of a route, if no other writer changes it in the meantime. */
export function routeWrite({ resource: of, route }: Routed, pair: ServicePair): Write {
  return { verb: 'update', resource: of as AnyResource, object: withCanary(route, pair), before: route };
}

/** Adds the canary to the routes, with weight 0. */
export async function* addCanary(
  routes: readonly Routed[],
  pair: ServicePair,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  for (const { resource: of, route } of routes) {
    const change = (found: Route) => {
      const faults = routeFaults({ resource: of, route: found }, pair);
      if (faults.length > 0) throw new PromoteError('gateway-route', faults.join('\n'));
      return withCanary(found, pair);
    };
    yield* changeRoute({ resource: of, route }, change, cluster, `Service/${pair.canary} with weight 0`);
  }
}

/** Removes the canary from the routes. */
export async function* removeCanary(
  routes: readonly Routed[],
  pair: ServicePair,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  const change = (found: Route) => withoutCanary(found, pair);
  for (const each of routes) yield* changeRoute(each, change, cluster, `without Service/${pair.canary}`);
}

/**
 * Changes a route. Gateways' controllers and Argo Rollouts also write routes, so a conflict makes it decide
 * again.
 */
async function* changeRoute(
  { resource: of, route }: Routed,
  change: (found: Route) => Route,
  cluster: Cluster,
  message: string,
): AsyncGenerator<PromotionEvent, void> {
  const object = nameOf(of, route);
  const conflicts: string[] = [];
  const changed = (found: Route | undefined) => {
    if (!found) throw new PromoteError('gateway-route', `${object} was deleted meanwhile.`);
    const next = change(found);
    return isDeepStrictEqual(next, found) ? undefined : next;
  };
  const stored = await cluster.modify(of, objectName(route), changed, (error) => {
    conflicts.push(error.message);
  });
  for (const conflict of conflicts) yield { type: 'conflict', object, message: conflict };
  if (stored) yield { type: 'write', verb: 'update', object, message };
}
