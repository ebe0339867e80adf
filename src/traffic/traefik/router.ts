import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses, type KubeObject, nameOf, type Resource } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import type { TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { ownServices } from './counters/own-services.ts';
import { traefikCounters } from './counters/source.ts';
import { backends, discover } from './discover.ts';
import { hasEntries, lacksEntries, shareOf, withEntries, withoutEntries, withShare } from './entries.ts';
import {
  type IngressRoute,
  ingressRoutes,
  type Listed,
  type Listing,
  listingName,
  traefikServices,
} from './kinds.ts';
import { mirrorDeletions, mirroring, mirrorLeftovers, mirrorRemains } from './mirror/mirror.ts';
import { ingressesOf, isStaying, listingsOf, ownRoutes } from './objects.ts';
import { previewDeletions, previewing, previewNames, previewsOf } from './preview/preview.ts';
import { OPTIONAL_KINDS, optionalRights, RIGHTS } from './rights.ts';
import { standIn } from './stand-in.ts';
import { testersName, testersRoutes } from './testers.ts';
import { watched } from './watched.ts';

/** Traefik waits for 2 s after a change (`providersThrottleDuration`); 2.23 s were measured at worst, on a busy machine. */
const FOLLOWS_WITHIN_MS = 3_000;

/**
 * Traefik 3: weights in place, in IngressRoutes and TraefikServices, and an IngressRoute of our own in front of a plain Ingress.
 *
 * By default Traefik drops a list that has a Service without a ready endpoint, at any weight, and answers 404 to all users of it. So
 * an entry is there only while the canary has pods and users: weight 0 on the way down is its removal.
 */
export const traefik: TrafficRouter = {
  name: 'traefik',
  resources: [ingressRoutes, traefikServices, ingresses],
  watched,
  optional: OPTIONAL_KINDS,
  rightsFor: (use) => RIGHTS[use],
  optionalRights,
  ability: { weights: 'any', steer: ['header', 'header_pattern', 'cookie'] },
  mirror: mirroring,
  timing: () => ({
    followsWithinMs: FOLLOWS_WITHIN_MS,
    followsPodsWithinMs: FOLLOWS_WITHIN_MS,
    confirmsWithinMs: 15_000,
  }),
  needsStablePods:
    'Traefik answers 404 to all users while no stable pod is ready, at any weight of the canary.',
  needsCanaryPods:
    'Traefik answers 404 to all users while one of the Services in a list has no ready pod, at any weight.',
  preview: previewing,
  delaysServiceDeletion: false,
  retriesRefused: () => false,

  backends,
  discover,

  weight: (split, objects) =>
    Math.max(
      0,
      ...[...listingsOf(split, objects), ...standInsOf(split, objects)].map(({ object }) =>
        shareOf(object, split),
      ),
    ),

  missing: (split, objects) => [
    ...listingsOf(split, objects)
      .filter(({ object }) => lacksEntries(object, split))
      .map((each) => `the canary's entry in ${listingName(each)}`),
    ...missingOf(split, objects).map(({ metadata }) => `IngressRoute/${metadata?.name}`),
  ],

  setWeight(split, objects, weight) {
    const entries = updates(
      listingsOf(split, objects).filter(({ object }) => lacksEntries(object, split)),
      (object) => withEntries(object, split),
    );
    const creates = missingOf(split, objects).map(
      (object): Write => ({ verb: 'create', resource: untyped(ingressRoutes), object }),
    );
    const made = [...entries, ...creates];
    return made.length > 0 ? made : setShares(split, objects, weight);
  },

  // an entry at weight 0 can still cost all users their answers, so that 0 is its end
  lowerWeight: (split, objects, weight) => [
    ...mirrorDeletions(split, objects),
    ...(weight === 0
      ? [...removals(split, objects), ...previewDeletions(split, objects)]
      : setShares(split, objects, weight)),
  ],

  restore(split, objects) {
    const routes = [
      ...mirrorDeletions(split, objects),
      ...removals(split, objects),
      ...previewDeletions(split, objects),
    ];
    return routes.length > 0 ? routes : mirrorLeftovers(split, objects);
  },

  remains: (split, objects) => [
    ...listingsOf(split, objects)
      .filter(({ object }) => hasEntries(object, split))
      .map((each) => `the canary's entry in ${listingName(each)}`),
    ...[...ownOf(split, objects), ...previewsOf(split, objects)].map((each) => nameOf(ingressRoutes, each)),
    ...mirrorRemains(split, objects),
  ],

  describe: (route) => route,

  manualRestore: (split) => [
    ...split.routes.map(({ stable, canary }) =>
      stable === canary
        ? `kubectl -n ${split.namespace} edit ${stable.replace('/', ' ')}: remove ${split.services.map((pair) => pair.canary).join(' and ')}`
        : `kubectl -n ${split.namespace} delete ${canary.replace('/', ' ')}`,
    ),
    ...previewNames(split).map((name) => `kubectl -n ${split.namespace} delete IngressRoute ${name}`),
  ],

  inspectCommands: ({ namespace, routes }) =>
    routes.map(({ canary }) => `kubectl -n ${namespace} get ${canary.replace('/', ' ')} -o yaml`),

  requestSources: (split, objects, access) => [traefikCounters(ownServices(split, objects), access)],
};

/** The IngressRoutes of ours that stand in front of Ingresses of the split, and are not being deleted. */
function standInsOf(split: TrafficSplit, objects: ObjectSource): Listed[] {
  const names = ingressesOf(split, objects).map((each) => standIn(each, split).metadata?.name ?? '');
  return ownRoutes(split.workload, names, objects).map((object) => ({
    resource: ingressRoutes as never,
    object,
  }));
}

/** All IngressRoutes of ours that exist. The Ingress or the route that they were made for may be gone. */
function ownOf(split: TrafficSplit, objects: ObjectSource): IngressRoute[] {
  const names = split.routes.flatMap(({ stable, canary }) => {
    const [, name = ''] = stable.split('/');
    return stable === canary
      ? [testersName(name, split.workload)]
      : [canary.replace('IngressRoute/', ''), testersName(`${name}-ingress`, split.workload)];
  });
  const testers = testersRoutes(split, objects).map(({ metadata }) => metadata?.name ?? '');
  return ownRoutes(split.workload, [...new Set([...names, ...testers])], objects);
}

/** The IngressRoutes of ours that are wanted and do not exist: in front of Ingresses, and for testers. */
function missingOf(split: TrafficSplit, objects: ObjectSource): IngressRoute[] {
  const wanted = [
    ...ingressesOf(split, objects).map((each) => standIn(each, split)),
    ...testersRoutes(split, objects),
  ];
  const present = new Set(
    ownOf(split, objects)
      .filter(isStaying)
      .map(({ metadata }) => metadata?.name),
  );
  return wanted.filter(({ metadata }) => !present.has(metadata?.name));
}

function setShares(split: TrafficSplit, objects: ObjectSource, weight: number): Write[] {
  const all = [...listingsOf(split, objects), ...standInsOf(split, objects)];
  return updates(
    all.filter(({ object }) => isStaying(object)),
    (object) => withShare(object, split, weight),
  );
}

/** The entries go out of the users' objects, and what is ours goes. */
function removals(split: TrafficSplit, objects: ObjectSource): Write[] {
  return [
    ...updates(
      listingsOf(split, objects).filter(({ object }) => hasEntries(object, split)),
      (object) => withoutEntries(object, split),
    ),
    ...ownOf(split, objects)
      .filter(isStaying)
      .map((object): Write => ({ verb: 'delete', resource: untyped(ingressRoutes), object })),
  ];
}

/** The objects that the change makes different, as writes. */
function updates(all: readonly Listed[], change: (object: Listing) => Listing): Write[] {
  return all.flatMap(({ resource, object: before }): Write[] => {
    const object = change(before);
    if (JSON.stringify(object) === JSON.stringify(before)) return [];
    return [{ verb: 'update', resource: untyped(resource), before, object }];
  });
}

function untyped(resource: Resource<IngressRoute> | Resource<never>): Resource<KubeObject> {
  return resource as Resource<KubeObject>;
}
