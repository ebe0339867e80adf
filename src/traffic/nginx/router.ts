import type { Ingress } from 'kubernetes-types/networking/v1';
import { findControllers } from '../../analysis/source/pod-proxy.ts';
import { right } from '../../cluster/access.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingressClasses, ingresses } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import type { TrafficRouter, TrafficSplit } from '../router.ts';
import { findTraefik, servesNginxAnnotations } from '../traefik/counters/pods.ts';
import {
  CANARY_BY_COOKIE,
  CANARY_BY_HEADER,
  CANARY_BY_HEADER_PATTERN,
  CANARY_BY_HEADER_VALUE,
  CANARY_WEIGHT,
  CANARY_WEIGHT_TOTAL,
  NEXT_UPSTREAM,
} from './annotations.ts';
import { canaryIngress } from './canary-ingress.ts';
import { discover, mainIngresses } from './discover.ts';
import { backendsOf, weightOf } from './ingress.ts';
import { optionalRights } from './optional-rights.ts';
import { requestSources } from './request-sources.ts';
import { rivals } from './rivals.ts';

const STEERING = [CANARY_BY_HEADER, CANARY_BY_HEADER_VALUE, CANARY_BY_HEADER_PATTERN, CANARY_BY_COOKIE];

/** The controller's queue (3.3 s, measured), the lag of its counters (1 s) and a few polls. */
export const FOLLOWS_WITHIN_MS = 8_000;

/** The controller's queue (3.3 s, measured), and the time until it knows of the pods. */
const FOLLOWS_PODS_WITHIN_MS = 4_000;

const RIGHTS = {
  look: right(ingresses, 'list'),
  promote: right(ingresses, 'list', 'watch', 'create', 'update', 'delete'),
  guard: right(ingresses, 'list', 'watch', 'update', 'delete'),
} as const;

/** ingress-nginx, split by canary Ingresses (docs: user-guide/nginx-configuration/annotations, "Canary"). */
export const nginx: TrafficRouter = {
  name: 'nginx',
  resources: [ingresses],
  optional: [
    {
      resource: ingressClasses,
      unread: 'ingressclasses (only the class "nginx" counts as ingress-nginx)',
    },
  ],
  rightsFor: (use) => RIGHTS[use],
  optionalRights,
  ability: { weights: 'any', steer: ['header', 'header_pattern', 'cookie'] },
  // confirming takes longer, because there may be few requests
  timing: () => ({
    followsWithinMs: FOLLOWS_WITHIN_MS,
    confirmsWithinMs: 15_000,
    followsPodsWithinMs: FOLLOWS_PODS_WITHIN_MS,
  }),
  needsStablePods: 'ingress-nginx answers 503 while no stable pod is ready, at any weight of the canary.',
  // kubernetes/ingress-nginx#10015
  delaysServiceDeletion: true,
  retriesRefused: (split, objects) =>
    mainIngresses(objects)
      .filter((each) => split.routes.some(({ stable }) => stable === nameOf(each)))
      .every(({ metadata }) => (metadata?.annotations?.[NEXT_UPSTREAM] ?? 'error').includes('error')),

  backends: (objects) => new Set(mainIngresses(objects).flatMap(backendsOf)),
  discover,

  weight: (split, objects) => Math.max(0, ...canariesOf(split, objects).map(weightOf)),

  missing(split, objects) {
    const present = new Set(canariesOf(split, objects).filter(isStaying).map(nameOf));
    return split.routes.filter(({ canary }) => !present.has(canary)).map(({ canary }) => `Ingress/${canary}`);
  },

  setWeight(split, objects, weight) {
    const present = new Set(canariesOf(split, objects).map(nameOf));
    const mains = new Map(objects.all(ingresses).map((each) => [nameOf(each), each]));
    const creates = split.routes.flatMap(({ stable, canary }): Write[] => {
      const main = mains.get(stable);
      if (present.has(canary) || !main) return [];
      return [{ verb: 'create', resource: ingresses, object: canaryIngress(main, canary, split) }];
    });
    return creates.length > 0 ? creates : setWeights(canariesOf(split, objects), weight);
  },

  // at weight 0, no steered request may reach the canary either
  lowerWeight: (split, objects, weight) =>
    setWeights(canariesOf(split, objects), weight, weight === 0 ? STEERING : []),

  restore: (split, objects) =>
    canariesOf(split, objects)
      .filter(isStaying)
      .map((object): Write => ({ verb: 'delete', resource: ingresses, object })),

  remains: (split, objects) => canariesOf(split, objects).map((each) => `Ingress/${nameOf(each)}`),

  describe: (route) => `Ingress/${route}`,

  manualRestore: ({ namespace, routes }) =>
    routes.map(({ canary }) => `kubectl -n ${namespace} delete ingress ${canary}`),

  rivals,
  inspectCommands: ({ namespace, routes }) => [
    ...routes.map(({ canary }) => `kubectl -n ${namespace} describe ingress ${canary}`),
    'kubectl get ingress --all-namespaces',
  ],

  async controllerRuns({ cluster, controllerNamespace }) {
    const found = await findControllers(cluster, controllerNamespace);
    if (found.kind === 'found' && found.targets.length > 0) return 'yes';
    // the class says which annotations count, and not whose pods serve it
    const others = await findTraefik(cluster, controllerNamespace);
    if ('pods' in others && others.pods.some(servesNginxAnnotations)) return 'yes';
    return found.kind === 'found' ? 'no' : 'unknown';
  },

  requestSources,
};

/** The canary Ingresses of the split that exist. */
function canariesOf({ routes }: TrafficSplit, objects: ObjectSource): Ingress[] {
  const names = new Set(routes.map(({ canary }) => canary));
  return objects.all(ingresses).filter((each) => names.has(nameOf(each)));
}

/** @param steering annotations to remove; a total of somebody's goes as well, because weights are in percent */
function setWeights(canaries: readonly Ingress[], weight: number, steering: readonly string[] = []): Write[] {
  const without = [CANARY_WEIGHT_TOTAL, ...steering];
  return [...canaries]
    .filter(({ metadata }) => {
      const { annotations = {} } = metadata ?? {};
      return (
        annotations[CANARY_WEIGHT] !== String(weight) ||
        without.some((each) => Object.hasOwn(annotations, each))
      );
    })
    .sort(byAge)
    .map((before) => {
      const kept = Object.entries(before.metadata?.annotations ?? {}).filter(
        ([key]) => !without.includes(key),
      );
      const annotations = { ...Object.fromEntries(kept), [CANARY_WEIGHT]: String(weight) };
      const object = { ...before, metadata: { ...before.metadata, annotations } };
      return { verb: 'update', resource: ingresses, before, object };
    });
}

/**
 * Sorts the oldest first. If several canary Ingresses lead to one upstream, the weight of the oldest counts
 * for all of them (measured), so its write alone moves the whole upstream.
 */
function byAge(a: Ingress, b: Ingress): number {
  const [first, second] = [a, b].map((each) => each.metadata?.creationTimestamp ?? '');
  return (first ?? '').localeCompare(second ?? '') || nameOf(a).localeCompare(nameOf(b));
}

function isStaying({ metadata }: Ingress): boolean {
  return metadata?.deletionTimestamp === undefined;
}

function nameOf({ metadata }: Ingress): string {
  return metadata?.name ?? '';
}
