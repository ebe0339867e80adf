import type { Service } from 'kubernetes-types/core/v1';
import { right } from '../../cluster/access.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { type KubeObject, services as kind, type Resource } from '../../cluster/resource.ts';
import type { Write } from '../../cluster/write.ts';
import type { TrafficRouter } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { selecting } from './discover.ts';
import {
  isSameSelector,
  isSwitched,
  noteOf,
  SELECTOR_NOTE,
  type Selector,
  switched,
  switchedBack,
} from './note.ts';

/**
 * The longest time until a node sends new connections by the new selector. The EndpointSlice follows within 0.1 s, and kube-proxy writes
 * its rules once a second (`minSyncPeriod`), later on large or busy nodes. What is moved is kept for twice that long.
 */
const FOLLOWS_WITHIN_MS = 5_000;

const onServices = (...verbs: string[]) => right(kind, ...verbs);

/** What a Service gets for a weight above 0: a selector, if one is known, and what is noted of the weight. */
export type SwitchFor = (
  each: Service,
  split: TrafficSplit,
  objects: ObjectSource,
  weight: number,
) => { selector: Selector | undefined; weight?: number };

/** Why such a router has no copies of requests. */
export const COPIES_NONE = 'a Service sends connections to pods, and copies none.';

/** Why such a router has no preview by a host. */
export const NO_HOST = { why: 'a Service knows no host names.' } as const;

/** What all routers do alike that write the selector of the Service itself. */
export const bySelector = (switchFor: SwitchFor) =>
  ({
    resources: [kind],
    // every promotion may list and watch Services
    rightsFor: (use) => (use === 'look' ? [] : onServices('update')),
    optionalRights: () => [],
    timing: () => ({
      followsWithinMs: FOLLOWS_WITHIN_MS,
      followsPodsWithinMs: FOLLOWS_WITHIN_MS,
      confirmsWithinMs: FOLLOWS_WITHIN_MS,
    }),
    retriesRefused: () => false,
    delaysServiceDeletion: false,

    setWeight: (split, objects, weight) => setWeight(switchFor, split, objects, weight),
    lowerWeight: (split, objects, weight) => setWeight(switchFor, split, objects, weight),

    backends: (objects) => new Set(selecting(objects).flatMap(({ metadata }) => metadata?.name ?? [])),

    missing: (split, objects) =>
      servicesOf(split, objects)
        .filter((each) => isForeign(each, split))
        .map((each) => `the selector of ${nameOf(each)}, which another promotion has switched`),

    restore: (split, objects) => putBack(split, objects),

    remains: (split, objects) =>
      servicesOf(split, objects)
        .filter((each) => isOwn(each, split))
        .map((each) => `the annotation ${SELECTOR_NOTE} of ${nameOf(each)}`),

    manualRestore: ({ namespace, routes }) =>
      routes.map(
        ({ stable }) =>
          `kubectl -n ${namespace} edit service ${stable}: set spec.selector to "before" of the annotation ${SELECTOR_NOTE}, and remove the annotation`,
      ),

    inspectCommands: ({ namespace, routes }) =>
      routes.map(({ stable }) => `kubectl -n ${namespace} get service ${stable} -o wide`),
  }) as const satisfies Partial<TrafficRouter>;

/** The Services of the split that exist. */
export function servicesOf({ routes }: TrafficSplit, objects: ObjectSource): Service[] {
  const names = new Set(routes.map(({ stable }) => stable));
  return objects.all(kind).filter(({ metadata }) => names.has(metadata?.name ?? ''));
}

function isOwn(each: Service, { workload }: TrafficSplit): boolean {
  return noteOf(each)?.workload === workload;
}

/** Whether another promotion has switched the Service. */
function isForeign(each: Service, split: TrafficSplit): boolean {
  return noteOf(each) !== undefined && !isOwn(each, split);
}

/** Whether the Service has the selector that this promotion has written. */
export function isMoved(each: Service, split: TrafficSplit): boolean {
  return isOwn(each, split) && isSwitched(each);
}

/** The selector of the canary's Service; undefined if there is none. */
export function canarySelector(
  { metadata }: Service,
  { services }: TrafficSplit,
  objects: ObjectSource,
): Selector | undefined {
  const { canary } = services.find(({ stable }) => stable === metadata?.name) ?? {};
  return objects.all(kind).find((each) => each.metadata?.name === canary)?.spec?.selector;
}

function setWeight(
  switchFor: SwitchFor,
  split: TrafficSplit,
  objects: ObjectSource,
  weight: number,
): Write[] {
  if (weight === 0) return putBack(split, objects);
  return updates(servicesOf(split, objects), (each) =>
    moved(each, split, switchFor(each, split, objects, weight)),
  );
}

/** The Service with the selector. It stays as it is if there is none, or if another promotion has switched it. */
function moved(each: Service, split: TrafficSplit, { selector, weight }: ReturnType<SwitchFor>): Service {
  if (!selector || isForeign(each, split)) return each;
  const isThere = isMoved(each, split) && isSameSelector(each.spec?.selector, selector);
  return isThere && noteOf(each)?.weight === weight
    ? each
    : switched(switchedBack(each), split.workload, selector, weight);
}

/** The selectors of before, as writes. */
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
