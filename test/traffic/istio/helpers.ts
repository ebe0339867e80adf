import { fixedSource } from '../../../src/cluster/object-source.ts';
import type { Write } from '../../../src/cluster/write.ts';
import {
  type Destination,
  type DestinationRule,
  destinationRules,
  type HttpRule,
  type VirtualService,
  virtualServices,
} from '../../../src/traffic/istio/kinds.ts';
import { istio } from '../../../src/traffic/istio/router.ts';
import type { Discovery, RouteObjects, Steer, TrafficSplit } from '../../../src/traffic/split.ts';

export const SPLIT: TrafficSplit = {
  namespace: 'shop',
  workload: 'web',
  services: [{ stable: 'web', canary: 'web-canary' }],
  routes: [{ stable: 'VirtualService/web', canary: 'VirtualService/web' }],
};

export const steered = (steer: Steer): TrafficSplit => ({ ...SPLIT, steer });

/** Destinations by host and weight: `{ web: 3, blog: 1 }`; an undefined weight is not written. */
export function to(weights: Record<string, number | undefined>): Destination[] {
  return Object.entries(weights).map(([host, weight]) => ({
    destination: { host },
    ...(weight === undefined ? {} : { weight }),
  }));
}

/** A VirtualService named `web` with these rules. */
export function serviceOf(
  rules: readonly (Destination[] | HttpRule)[],
  spec: VirtualService['spec'] & Record<string, unknown> = {},
  metadata: VirtualService['metadata'] = {},
): VirtualService {
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'VirtualService',
    metadata: { name: 'web', namespace: 'shop', resourceVersion: '9', ...metadata },
    spec: {
      hosts: ['shop.example.com'],
      gateways: ['istio-system/edge'],
      ...spec,
      http: rules.map((rule) => (Array.isArray(rule) ? { route: rule } : rule)),
    },
  };
}

/** A DestinationRule for a host. */
export function ruleFor(host: string, spec: Record<string, unknown> = {}, name = 'web'): DestinationRule {
  return {
    apiVersion: 'networking.istio.io/v1beta1',
    kind: 'DestinationRule',
    metadata: { name, namespace: 'shop', annotations: { 'argocd.argoproj.io/tracking-id': 'x' } },
    spec: { host, ...spec },
  };
}

export function objectsOf(
  services: readonly VirtualService[],
  rules: readonly DestinationRule[] = [],
): RouteObjects {
  return {
    ...fixedSource([
      [virtualServices, services],
      [destinationRules, rules],
    ]),
    isReadable: () => true,
  };
}

/** Hosts and weights of the destinations, by rule. */
export function weightsOf({ spec }: VirtualService): Record<string, number | undefined>[] {
  return (spec?.http ?? []).map(({ route = [] }) =>
    Object.fromEntries(route.map(({ destination, weight }) => [destination?.host, weight])),
  );
}

/** The objects after writes. */
export function applied(objects: RouteObjects, writes: readonly Write[]): RouteObjects {
  const names = (kind: string) =>
    writes.filter(({ resource }) => resource.kind === kind).map(({ object }) => object.metadata?.name);
  const left = <T extends { metadata?: { name?: string } }>(all: readonly T[], kind: string): T[] => [
    ...all.filter(({ metadata }) => !names(kind).includes(metadata?.name)),
    ...writes.flatMap(({ verb, resource, object }) =>
      verb !== 'delete' && resource.kind === kind ? [object as T] : [],
    ),
  ];
  return objectsOf(
    left(objects.all(virtualServices), 'VirtualService'),
    left(objects.all(destinationRules), 'DestinationRule'),
  );
}

/** The objects with the canary's entries made and its weight set. */
export function up(objects: RouteObjects, percent: number, split: TrafficSplit = SPLIT): RouteObjects {
  const made = applied(objects, istio.setWeight(split, objects, percent));
  return applied(made, istio.setWeight(split, made, percent));
}

export function down(objects: RouteObjects, split: TrafficSplit = SPLIT): RouteObjects {
  return applied(objects, istio.restore(split, objects));
}

/** The only VirtualService. */
export function only(objects: RouteObjects): VirtualService {
  const [service] = objects.all(virtualServices);
  return service ?? {};
}

export const said = (writes: readonly Write[]) =>
  writes.map(({ verb, resource, object }) => `${verb} ${resource.kind}/${object.metadata?.name}`);

export const find = (objects: RouteObjects, steer?: Steer, insists = false): Discovery =>
  istio.discover({ workload: 'web', services: ['web'], insists, ...(steer ? { steer } : {}) }, objects);
