import { fixedSource } from '../../../src/cluster/object-source.ts';
import type { KubeObject, Resource } from '../../../src/cluster/resource.ts';
import {
  type BackendRef,
  httpRoutes,
  type Route,
  type Rule,
} from '../../../src/traffic/gateway-api/routes.ts';
import type { RouteObjects, TrafficSplit } from '../../../src/traffic/split.ts';

export const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'HTTPRoute/web', canary: 'HTTPRoute/web' }],
};

/** Backends by name and weight: `{ web: 3, blog: 1 }`; an undefined weight is not written. */
export function refs(weights: Record<string, number | undefined>): BackendRef[] {
  return Object.entries(weights).map(([name, weight]) => ({
    name,
    port: 80,
    ...(weight === undefined ? {} : { weight }),
  }));
}

/** A route named `web` whose rules have these backends. Its Gateway has accepted it. */
export function routeOf(rules: readonly (BackendRef[] | Rule)[], over: Partial<Route> = {}): Route {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace: 'shop', generation: 3, resourceVersion: '9' },
    spec: {
      parentRefs: [{ name: 'edge' }],
      rules: rules.map((rule, index) =>
        Array.isArray(rule)
          ? { matches: [{ path: { type: 'PathPrefix', value: `/${index}` } }], backendRefs: rule }
          : rule,
      ),
    },
    status: { parents: [reportOf()] },
    ...over,
  };
}

/** A controller's report on a route at Gateway/edge; all is well, unless `over` says otherwise. */
export function reportOf(over: Record<string, object> = {}, controllerName = 'example.com/gateway') {
  const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({
    type,
    status: 'True',
    reason: type,
    observedGeneration: 3,
    ...over[type],
  }));
  const more = Object.entries(over).filter(([type]) => !conditions.some((each) => each.type === type));
  return {
    parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' },
    controllerName,
    conditions: [...conditions, ...more.map(([type, rest]) => ({ type, observedGeneration: 3, ...rest }))],
  };
}

/** Names and weights of the backends, by rule. */
export function weightsOf(route: Route): Record<string, number | undefined>[] {
  return (route.spec?.rules ?? []).map(({ backendRefs = [] }) =>
    Object.fromEntries(backendRefs.map(({ name, weight }) => [name, weight])),
  );
}

/** A source with these objects; HTTPRoutes if no kind is named. */
export function objectsOf(
  routes: readonly Route[],
  more: readonly (readonly [Resource<KubeObject>, readonly KubeObject[]])[] = [],
): RouteObjects {
  return { ...fixedSource([[httpRoutes, routes], ...more]), isReadable: () => true };
}
