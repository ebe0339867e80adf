import type { Ingress } from 'kubernetes-types/networking/v1';
import { listControllers } from '../../analysis/source/controller-pods.ts';
import { findControllers } from '../../analysis/source/pod-proxy.ts';
import { right } from '../../cluster/access.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingressClasses, ingresses } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import type { TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { findTraefik, servesNginxAnnotations } from '../traefik/counters/pods.ts';
import { FIRST_CONTACT_INSTEAD } from '../without-users.ts';
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
import { withPrefixSwapped } from './controllers.ts';
import { discover, mainIngresses } from './discover.ts';
import { backendsOf, weightOf } from './ingress.ts';
import { optionalRights } from './optional-rights.ts';
import { namesOf, previewDeletions, previewing, previewsOf } from './preview/preview.ts';
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
  watched: (split) =>
    new Map([
      [ingresses, [...split.routes.flatMap(({ stable, canary }) => [stable, canary]), ...namesOf(split)]],
    ]),
  optional: [
    {
      resource: ingressClasses,
      unread: 'ingressclasses (only the class "nginx" counts as ingress-nginx)',
    },
  ],
  rightsFor: (use) => RIGHTS[use],
  optionalRights,
  ability: { weights: 'any', steer: ['header', 'header_pattern', 'cookie'] },
  mirror: {
    why: 'its annotation `mirror-target` copies all requests of an Ingress, of any method, and no share of them.',
    instead: FIRST_CONTACT_INSTEAD,
  },
  preview: previewing,
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
    ingressesOf(split, objects)
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
    const mains = new Map(ingressesOf(split, objects).map((each) => [nameOf(each), each]));
    const creates = split.routes.flatMap(({ stable, canary, prefix }): Write[] => {
      const main = mains.get(stable);
      if (present.has(canary) || !main) return [];
      const object = withPrefixSwapped(canaryIngress(main, canary, split), prefix);
      return [{ verb: 'create', resource: ingresses, object }];
    });
    return creates.length > 0 ? creates : setWeights(split, objects, weight);
  },

  // at weight 0, no steered request and no tester may reach the canary either
  lowerWeight: (split, objects, weight) => [
    ...setWeights(split, objects, weight, weight === 0 ? STEERING : []),
    ...(weight === 0 ? previewDeletions(split, objects) : []),
  ],

  restore: (split, objects) => [
    ...previewDeletions(split, objects),
    ...canariesOf(split, objects)
      .filter(isStaying)
      .map((object): Write => ({ verb: 'delete', resource: ingresses, object })),
  ],

  remains: (split, objects) =>
    [...canariesOf(split, objects), ...previewsOf(split, objects)].map((each) => `Ingress/${nameOf(each)}`),

  describe: (route) => `Ingress/${route}`,

  manualRestore: (split) =>
    [...split.routes.map(({ canary }) => canary), ...namesOf(split)].map(
      (name) => `kubectl -n ${split.namespace} delete ingress ${name}`,
    ),

  rivals,
  inspectCommands: ({ namespace, routes }) => [
    ...routes.map(({ canary }) => `kubectl -n ${namespace} describe ingress ${canary}`),
    'kubectl get ingress --all-namespaces',
  ],

  controllerPods: listControllers,

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

/** The Ingresses, those of the split as their controllers read them. */
function ingressesOf(split: TrafficSplit, objects: ObjectSource): Ingress[] {
  return objects.all(ingresses).map((each) => withPrefixSwapped(each, prefixFor(split, each)));
}

/** The prefix of the annotations that the controller of an Ingress of the split reads. */
function prefixFor({ routes }: TrafficSplit, ingress: Ingress): string | undefined {
  return routes.find(({ stable, canary }) => [stable, canary].includes(nameOf(ingress)))?.prefix;
}

/** The canary Ingresses of the split that exist. */
function canariesOf(split: TrafficSplit, objects: ObjectSource): Ingress[] {
  const names = new Set(split.routes.map(({ canary }) => canary));
  return ingressesOf(split, objects).filter((each) => names.has(nameOf(each)));
}

/** @param steering annotations to remove; a total of somebody's goes as well, because weights are in percent */
function setWeights(
  split: TrafficSplit,
  objects: ObjectSource,
  weight: number,
  steering: readonly string[] = [],
): Write[] {
  const without = [CANARY_WEIGHT_TOTAL, ...steering];
  return canariesOf(split, objects)
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
      const own = (each: Ingress) => withPrefixSwapped(each, prefixFor(split, each));
      return { verb: 'update', resource: ingresses, before: own(before), object: own(object) };
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
