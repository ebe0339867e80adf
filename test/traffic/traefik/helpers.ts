import type { Ingress } from 'kubernetes-types/networking/v1';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { ingressClasses, ingresses, type KubeObject, type Resource } from '../../../src/cluster/resource.ts';
import type { RouteObjects, TrafficSplit } from '../../../src/traffic/split.ts';
import {
  type IngressRoute,
  ingressRoutes,
  type RouteRule,
  type ServiceRef,
  type TraefikService,
  traefikServices,
} from '../../../src/traffic/traefik/kinds.ts';

export const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'IngressRoute/web', canary: 'IngressRoute/web' }],
};

/** The same behind another object. */
export const behind = (stable: string, canary = stable): TrafficSplit => ({
  ...SPLIT,
  routes: [{ stable, canary }],
});

/** Services by name and weight: `{ web: 3, blog: 1 }`; an undefined weight is not written. */
export function refs(weights: Record<string, number | undefined>): ServiceRef[] {
  return Object.entries(weights).map(([name, weight]) => ({
    name,
    port: 80,
    ...(weight === undefined ? {} : { weight }),
  }));
}

/** Names and weights of the Services, by list. */
export function weightsOf(lists: readonly (readonly ServiceRef[])[]): Record<string, number | undefined>[] {
  return lists.map((list) => Object.fromEntries(list.map(({ name, weight }) => [name, weight])));
}

export function ingressRoute(rules: readonly (ServiceRef[] | RouteRule)[], name = 'web'): IngressRoute {
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name, namespace: 'shop', resourceVersion: '9' },
    spec: {
      routes: rules.map((rule, index) =>
        Array.isArray(rule)
          ? { kind: 'Rule', match: `Host(\`web.example.com\`) && PathPrefix(\`/${index}\`)`, services: rule }
          : rule,
      ),
    },
  };
}

export function traefikService(spec: TraefikService['spec'], name = 'web'): TraefikService {
  return {
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'TraefikService',
    metadata: { name, namespace: 'shop', resourceVersion: '9' },
    ...(spec ? { spec } : {}),
  };
}

/** An Ingress with these paths, each to a Service. */
export function ingress(
  paths: Record<string, string>,
  { annotations = {}, host = 'web.example.com', name = 'web', ingressClassName = 'traefik' } = {},
): Ingress {
  return {
    metadata: { name, namespace: 'shop', annotations },
    spec: {
      ingressClassName,
      rules: [
        {
          host,
          http: {
            paths: Object.entries(paths).map(([path, service]) => ({
              path,
              pathType: 'Prefix',
              backend: { service: { name: service, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  };
}

/** Annotations of Traefik for routers. */
export const annotated = (of: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(of).map(([key, value]) => [`traefik.ingress.kubernetes.io/router.${key}`, value]),
  );

/** A source with these objects, and the class of Traefik. */
export function objectsOf(
  {
    routes = [],
    shared = [],
    fronts = [],
  }: {
    routes?: readonly IngressRoute[];
    shared?: readonly TraefikService[];
    fronts?: readonly Ingress[];
  },
  more: readonly (readonly [Resource<KubeObject>, readonly KubeObject[]])[] = [],
  isReadable: (resource: Resource<KubeObject>) => boolean = () => true,
): RouteObjects {
  const ofTraefik = { metadata: { name: 'traefik' }, spec: { controller: 'traefik.io/ingress-controller' } };
  return {
    ...fixedSource([
      [ingressRoutes, routes],
      [traefikServices, shared],
      [ingresses, fronts],
      [ingressClasses, [ofTraefik]],
      ...more,
    ]),
    isReadable,
  };
}
