import { isDeepStrictEqual } from 'node:util';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import {
  hasEntries,
  lacksEntries,
  shareOf,
  withEntries,
  withoutEntries,
  withShare,
} from '../in-place/entries.ts';
import { previewNames } from '../preview.ts';
import type { TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { isStaying, madeFor, missingCopies } from './destination-rules.ts';
import { destinationsOf, discover, servicesNamed, usersServices } from './discover.ts';
import { sceneOf } from './entries.ts';
import {
  destinationRules,
  type HttpRule,
  httpOf,
  isHostOf,
  type VirtualService,
  virtualServices,
} from './kinds.ts';
import { hasMirror, mirrorRefusals, withMirror, withoutMirror } from './mirror.ts';
import { describePreview, missingPreviews, previewRefusals, previewsOf } from './preview.ts';
import { requestSources } from './request-sources.ts';
import { optionalRights, PREVIEW_RIGHTS, RIGHTS } from './rights.ts';
import { hasTesters, lacksTesters, withoutTesters, withTesters } from './testers.ts';
import { watched } from './watched.ts';

/**
 * Above the 0.13 s that were measured from a write to the last answer of the old split: istiod collects changes for
 * 0.1 s, and pushes them to every proxy, which takes longer in a large mesh.
 */
const FOLLOWS_WITHIN_MS = 2_000;
const CONFIRMS_WITHIN_MS = 15_000;

/** Istio: the weights of VirtualServices, in place on the users' objects, which have no status. */
export const istio: TrafficRouter = {
  name: 'istio',
  resources: [virtualServices, destinationRules],
  watched,
  optional: [],
  rightsFor: (use) => RIGHTS[use],
  optionalRights,
  ability: { weights: 'any', steer: ['header', 'header_pattern', 'cookie'] },
  timing: () => ({
    followsWithinMs: FOLLOWS_WITHIN_MS,
    confirmsWithinMs: CONFIRMS_WITHIN_MS,
    // a proxy may have the weight before the pods behind it: 1 request of 7,156 got 503 on a busy machine
    knowsCanaryWithinMs: FOLLOWS_WITHIN_MS,
    followsPodsWithinMs: FOLLOWS_WITHIN_MS,
  }),
  mirror: {
    refusals: mirrorRefusals,
    start: (split, objects) => updates(split, objects, (each) => withMirror(each, split)),
    stop: (split, objects) => updates(split, objects, (each) => withoutMirror(each, split.workload)),
  },
  preview: {
    isCounted: true,
    rights: PREVIEW_RIGHTS,
    refusals: (split, objects) => previewRefusals(servicesOf(split, objects), split, objects),
    describe: (split, objects) => describePreview(servicesOf(split, objects), split),
    make: (split, objects) => previewWrites(split, objects),
  },
  delaysServiceDeletion: false,
  retriesRefused: (split, objects) => servicesOf(split, objects).flatMap(httpOf).every(retriesRefused),

  backends: (objects) => new Set(usersServices(objects).flatMap(backendsOf)),
  discover,

  weight: (split, objects) =>
    Math.max(0, ...servicesOf(split, objects).map((each) => shareOf(sceneOf(each, split)))),

  missing: (split, objects) => [
    ...missingCopies(split, objects).map((each) => nameOf(destinationRules, each)),
    ...servicesOf(split, objects)
      .filter((each) => lacksEntries(sceneOf(each, split)))
      .map((each) => `the canary's destination in ${nameOf(virtualServices, each)}`),
    ...servicesOf(split, objects)
      .filter((each) => lacksTesters(each, split))
      .map((each) => `the testers' rules in ${nameOf(virtualServices, each)}`),
  ],

  setWeight(split, objects, weight) {
    // a subset and its TLS are known before the first request needs them
    const copies = copyWrites(split, objects);
    const entries = updates(split, objects, (each) => {
      const made = lacksEntries(sceneOf(each, split)) ? withEntries(sceneOf(each, split)) : each;
      return lacksTesters(made, split) ? withTesters(made, split) : made;
    });
    const made = [...copies, ...entries];
    return made.length > 0 ? made : setShares(split, objects, weight);
  },

  // at weight 0, no tester may reach the canary either
  lowerWeight: (split, objects, weight) => [
    ...updates(split, objects, (each) => {
      const lowered = withShare(sceneOf(withoutMirror(each, split.workload), split), weight);
      return weight === 0 ? withoutTesters(lowered, split.workload) : lowered;
    }),
    ...(weight === 0 ? previewDeletions(split, objects) : []),
  ],

  restore: (split, objects) => [
    ...updates(split, objects, (each) => {
      const users = withoutMirror(withoutTesters(each, split.workload), split.workload);
      return hasEntries(sceneOf(users, split)) ? withoutEntries(sceneOf(users, split)) : users;
    }),
    ...previewDeletions(split, objects),
    ...madeFor(split, objects)
      .filter(isStaying)
      .map((object): Write => ({ verb: 'delete', resource: destinationRules, object })),
  ],

  remains: (split, objects) => [
    ...servicesOf(split, objects)
      .filter(
        (each) =>
          hasEntries(sceneOf(each, split)) ||
          hasTesters(each, split.workload) ||
          hasMirror(each, split.workload),
      )
      .map((each) => `the canary's destination in ${nameOf(virtualServices, each)}`),
    ...previewsOf(split, objects).map((each) => nameOf(virtualServices, each)),
    ...madeFor(split, objects).map((each) => nameOf(destinationRules, each)),
  ],

  describe: (route) => route,

  manualRestore: (split) => [
    ...split.routes.map(
      ({ stable }) =>
        `kubectl -n ${split.namespace} edit ${stable.replace('/', ' ')}: give ${split.services.map(({ canary }) => canary).join(' and ')} the weight 0, and the destination beside it the rest`,
    ),
    ...previewNames(split).map((name) => `kubectl -n ${split.namespace} delete ${name.replace('/', ' ')}`),
  ],

  inspectCommands: ({ namespace, routes }) => [
    ...routes.map(({ stable }) => `kubectl -n ${namespace} get ${stable.replace('/', ' ')} -o yaml`),
    `istioctl analyze -n ${namespace}`,
  ],

  requestSources,
};

/** The users' VirtualServices of the split that exist. */
function servicesOf({ routes }: TrafficSplit, objects: ObjectSource): VirtualService[] {
  return servicesNamed(
    routes.map(({ stable }) => stable),
    objects,
  );
}

/** By default Istio tries a refused connection again, at another pod of the same destination. */
function retriesRefused({ retries: { attempts = 1, retryOn = 'connect-failure' } = {} }: HttpRule): boolean {
  return attempts > 0 && /connect-failure|gateway-error|5xx/.test(retryOn);
}

/** The Services of its own namespace that a VirtualService sends to. */
function backendsOf(service: VirtualService): string[] {
  const namespace = service.metadata?.namespace ?? '';
  return destinationsOf(service).flatMap(({ destination: { host = '' } = {} }) => {
    const name = host.replace(/\..*$/, '');
    return isHostOf(host, name, namespace) ? [name] : [];
  });
}

/** The copies of DestinationRules that are missing: what names a subset must not come before it. */
function copyWrites(split: TrafficSplit, objects: ObjectSource): Write[] {
  return missingCopies(split, objects).map(
    (object): Write => ({ verb: 'create', resource: destinationRules, object }),
  );
}

function previewWrites(split: TrafficSplit, objects: ObjectSource): Write[] {
  const missing = missingPreviews(servicesOf(split, objects), split, objects);
  if (missing.length === 0) return [];
  return [
    ...copyWrites(split, objects),
    ...missing.map((object): Write => ({ verb: 'create', resource: virtualServices, object })),
  ];
}

function previewDeletions(split: TrafficSplit, objects: ObjectSource): Write[] {
  return previewsOf(split, objects)
    .filter(isStaying)
    .map((object): Write => ({ verb: 'delete', resource: virtualServices, object }));
}

function setShares(split: TrafficSplit, objects: ObjectSource, weight: number): Write[] {
  return updates(split, objects, (each) => withShare(sceneOf(each, split), weight));
}

/** The VirtualServices that the change makes different, as writes. */
function updates(
  split: TrafficSplit,
  objects: ObjectSource,
  change: (service: VirtualService) => VirtualService,
): Write[] {
  return servicesOf(split, objects).flatMap((before): Write[] => {
    const object = change(before);
    // the API server sorts keys
    if (isDeepStrictEqual(object, before)) return [];
    return [{ verb: 'update', resource: virtualServices, before, object }];
  });
}
