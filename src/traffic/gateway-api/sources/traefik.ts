import type { RequestSource } from '../../../analysis/request-source.ts';
import { objectName } from '../../../cluster/resource.ts';
import type { SourceAccess } from '../../router.ts';
import type { TrafficSplit } from '../../split.ts';
import { literal, normalized, sidesByPattern } from '../../traefik/counters/names.ts';
import type { SideOf } from '../../traefik/counters/page.ts';
import { traefikCounters } from '../../traefik/counters/source.ts';
import { grpcRoutes, type Routed } from '../routes.ts';

/** The controller of Traefik, as routes name it in their status. */
const CONTROLLER = 'traefik.io/gateway-controller';

/** The counters of Traefik as a source of the routes that it serves; empty if it serves none of them. */
export function traefikSources(
  split: TrafficSplit,
  routes: readonly Routed[],
  access: SourceAccess,
): RequestSource[] {
  const served = routes.filter(({ route }) =>
    (route.status?.parents ?? []).some(({ controllerName }) => controllerName === CONTROLLER),
  );
  if (served.length === 0) return [];
  const expectsGrpc = served.some(({ resource }) => resource === grpcRoutes);
  return [traefikCounters(routeServices(split, served), access, expectsGrpc)];
}

/**
 * Whose requests the services count that Traefik makes of the routes: `ROUTE-svc-NAMESPACE-SERVICE-INDEX`, where ROUTE is
 * `httproute-NAMESPACE-NAME-gw-GATEWAY-ep-ENTRYPOINT-RULE-HASH` and INDEX is the place of the backend in its rule, also if it is the only
 * one (3.7.13, pkg/provider/kubernetes/gateway). Testers come by a route of their own, which counts for nobody. Traefik 3.5
 * and older has one service for a Service and its port, which counts testers too: `NAMESPACE-SERVICE-http-PORT`, or without `-http` (3.1).
 *
 * Names may have dashes. The whole name has to fit, so that `web` is not `web-canary`. Only a namespace, a route and a Service that spell
 * the same together as these three would be taken for them.
 */
export function routeServices(
  { namespace, services }: Pick<TrafficSplit, 'namespace' | 'services'>,
  routes: readonly Routed[],
): SideOf {
  const patterns = (service: string): RegExp[] => {
    const backend = `${namespace}-${service}`;
    const shared = `${literal(normalized(backend))}(-http)?-\\d+(-grpc)?`;
    return [
      new RegExp(`^${shared}@kubernetesgateway$`),
      ...routes.map(({ resource, route }) => {
        const label = normalized(`${resource.kind.toLowerCase()}-${namespace}-${objectName(route)}`);
        const rule = `${literal(label)}-gw-.+-ep-.+-\\d+-[0-9a-f]{20}`;
        return new RegExp(`^${rule}-svc-${literal(backend)}-\\d+@kubernetesgateway$`);
      }),
    ];
  };
  return sidesByPattern({
    canary: services.flatMap(({ canary }) => patterns(canary)),
    stable: services.flatMap(({ stable }) => patterns(stable)),
  });
}
