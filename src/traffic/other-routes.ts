import { ApiError } from '../cluster/api-error.ts';
import type { Cluster } from '../cluster/client.ts';
import { type KubeObject, nameOf, type Resource } from '../cluster/resource.ts';
import { grpcRoutes, httpRoutes, type Route, routeSendsTo } from './gateway-api/routes.ts';
import { sendsTo as virtualServiceSendsTo } from './istio/discover.ts';
import { virtualServices } from './istio/kinds.ts';
import { type IngressRoute, ingressRoutes } from './traefik/kinds.ts';

/** Kinds of routes that no router here splits. A plan reads them if it may, to know who stays on stable. */
const KINDS: readonly {
  resource: Resource<KubeObject>;
  sendsTo(route: KubeObject, service: string): boolean;
}[] = [
  { resource: httpRoutes, sendsTo: (route, service) => routeSendsTo(route as Route, service) },
  { resource: grpcRoutes, sendsTo: (route, service) => routeSendsTo(route as Route, service) },
  { resource: virtualServices, sendsTo: virtualServiceSendsTo },
  {
    resource: ingressRoutes,
    sendsTo: ({ spec }: IngressRoute, service) =>
      (spec?.routes ?? [])
        .flatMap(({ services }) => services ?? [])
        .some(({ kind = 'Service', name }) => kind === 'Service' && name === service),
  },
];

export const OTHER_ROUTES: readonly Resource<KubeObject>[] = KINDS.map((each) => each.resource);

/** An object that sends users to Services, and its kind. */
export interface OtherRoute {
  resource: Resource<KubeObject>;
  object: KubeObject;
}

/** The routes of other kinds in the namespace; none of a kind that does not exist or may not be read. */
export async function readOtherRoutes(cluster: Cluster): Promise<OtherRoute[]> {
  const lists = await Promise.all(
    OTHER_ROUTES.map(async (each) => {
      try {
        const { items } = await cluster.list(each);
        return items.map((object) => ({ resource: each, object }));
      } catch (error) {
        if (error instanceof ApiError && [403, 404].includes(error.status)) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

/** The routes that send to the Service, for people: `HTTPRoute/web`. */
export function otherRoutesTo(routes: readonly OtherRoute[], service: string): string[] {
  return routes
    .filter((route) => KINDS.find((each) => each.resource === route.resource)?.sendsTo(route.object, service))
    .map((route) => nameOf(route.resource, route.object));
}

/** The names that a Service has in the cluster, from within its namespace. */
export function hostsOf(service: string, namespace: string): string[] {
  return ['', `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.cluster.local`].map(
    (suffix) => service + suffix,
  );
}
