import type { Service } from 'kubernetes-types/core/v1';
import { right } from '../../cluster/access.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { type KubeObject, services as kind, type Resource } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import type { TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { discover, selecting } from './discover.ts';
import { isSameSelector, isSwitched, noteOf, SELECTOR_NOTE, switched, switchedBack } from './note.ts';

/**
 * The longest time until a node sends new connections by the new selector. The EndpointSlice follows within 0.1 s, and kube-proxy writes
 * its rules once a second (`minSyncPeriod`), later on large or busy nodes. What is moved is kept for twice that long.
 */
const FOLLOWS_WITHIN_MS = 5_000;

const onServices = (...verbs: string[]) => right(kind, ...verbs);

/** The selector of the Service itself: all users or none, without any route. */
export const service: TrafficRouter = {
  name: 'service',
  resources: [kind],
  optional: [],
  // every promotion may list and watch Services
  rightsFor: (use) => (use === 'look' ? [] : onServices('update')),
  optionalRights: () => [],
  ability: { weights: 'all', steer: [] },
  mirror: {
    why: 'a Service sends connections to pods, and copies none.',
    instead: 'With `strategy: bluegreen`, `checks` try the full copy before the switch.',
  },
  movesAll: 'The selector of the Service is switched, so that everybody who comes by the Service is moved.',
  caveats: [
    'connections that are open stay on the old pods, also those that clients keep for their next requests: only new connections follow a switch',
    'kube-proxy follows on each node by itself, within seconds: the old pods are kept for 10 s, or for longer by `drain`. An app should end its connections at SIGTERM, or have a preStop',
  ],
  timing: () => ({
    followsWithinMs: FOLLOWS_WITHIN_MS,
    followsPodsWithinMs: FOLLOWS_WITHIN_MS,
    confirmsWithinMs: FOLLOWS_WITHIN_MS,
  }),
  retriesRefused: () => false,
  delaysServiceDeletion: false,

  backends: (objects) => new Set(selecting(objects).flatMap(({ metadata }) => metadata?.name ?? [])),
  discover,

  weight: (split, objects) => (servicesOf(split, objects).some((each) => isMoved(each, split)) ? 100 : 0),

  missing: (split, objects) =>
    servicesOf(split, objects)
      .filter((each) => isForeign(each, split))
      .map((each) => `the selector of ${nameOf(each)}, which another promotion has switched`),

  setWeight: (split, objects, weight) =>
    weight > 0
      ? updates(servicesOf(split, objects), (each) => toCanary(each, split, objects))
      : putBack(split, objects),

  lowerWeight: (split, objects, weight) => service.setWeight(split, objects, weight),
  restore: (split, objects) => putBack(split, objects),

  remains: (split, objects) =>
    servicesOf(split, objects)
      .filter((each) => isOwn(each, split))
      .map((each) => `the annotation ${SELECTOR_NOTE} of ${nameOf(each)}`),

  describe: (route) => `its own selector (Service/${route})`,

  manualRestore: ({ namespace, routes }) =>
    routes.map(
      ({ stable }) =>
        `kubectl -n ${namespace} edit service ${stable}: set spec.selector to "before" of the annotation ${SELECTOR_NOTE}, and remove the annotation`,
    ),

  inspectCommands: ({ namespace, routes }) =>
    routes.map(({ stable }) => `kubectl -n ${namespace} get service ${stable} -o wide`),
};

/** The Services of the split that exist. */
function servicesOf({ routes }: TrafficSplit, objects: ObjectSource): Service[] {
  const names = new Set(routes.map(({ stable }) => stable));
  return objects.all(kind).filter(({ metadata }) => names.has(metadata?.name ?? ''));
}

function isOwn(each: Service, { workload }: TrafficSplit): boolean {
  return noteOf(each)?.workload === workload;
}

function isForeign(each: Service, split: TrafficSplit): boolean {
  return noteOf(each) !== undefined && !isOwn(each, split);
}

/** Whether the Service sends to the canary. */
function isMoved(each: Service, split: TrafficSplit): boolean {
  return isOwn(each, split) && isSwitched(each);
}

/** The Service with the selector of the canary's Service. It stays as it is if there is none, or if another promotion has switched it. */
function toCanary(each: Service, split: TrafficSplit, objects: ObjectSource): Service {
  const { canary } = split.services.find(({ stable }) => stable === each.metadata?.name) ?? {};
  const selector = objects.all(kind).find(({ metadata }) => metadata?.name === canary)?.spec?.selector;
  if (!selector || isForeign(each, split)) return each;
  if (isMoved(each, split) && isSameSelector(each.spec?.selector, selector)) return each;
  return switched(switchedBack(each), split.workload, selector);
}

function putBack(split: TrafficSplit, objects: ObjectSource): Write[] {
  return updates(
    servicesOf(split, objects).filter((each) => isOwn(each, split)),
    switchedBack,
  );
}

/** The Services that the change makes different, as writes. */
function updates(found: readonly Service[], change: (each: Service) => Service): Write[] {
  return found.flatMap((before): Write[] => {
    const object = change(before);
    return object === before
      ? []
      : [{ verb: 'update', resource: kind as Resource<KubeObject>, before, object }];
  });
}

function nameOf({ metadata }: Service): string {
  return `Service/${metadata?.name}`;
}
