import { isDeepStrictEqual } from 'node:util';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import { type KubeObject, nameOf, type Resource } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { isOurs } from '../../../workload/canary-copy.ts';
import type { TrafficSplit } from '../../split.ts';
import type { Mirroring } from '../../without-users.ts';
import {
  type IngressRoute,
  ingressRoutes,
  type Listing,
  type TraefikService,
  traefikServices,
} from '../kinds.ts';
import { isStaying, ownRoutes } from '../objects.ts';
import { mirrorRefusals } from './refusals.ts';
import { wantedOf } from './wanted.ts';

/** Longer than Traefik takes to know a TraefikService, so that no route names one that it does not know: all users of that route get 404. */
const KNOWN_WITHIN_MS = 3_000;

/**
 * Copies by an IngressRoute of our own in front of the users' route, which leads to a TraefikService with `mirroring`. Traefik answers 404 to
 * all users of a route whose TraefikService is not known, so that the TraefikService is there before the route, and goes long after it.
 */
export const mirroring: Mirroring = {
  refusals: mirrorRefusals,
  prepare: (split, objects) => {
    const present = new Set(ownServicesOf(split, objects).filter(isStaying).map(nameIn));
    return wantedOf(split, objects)
      .flatMap(({ services }) => services)
      .filter((each) => !present.has(nameIn(each)))
      .map((object): Write => ({ verb: 'create', resource: untyped(traefikServices), object }));
  },
  start: (split, objects) => {
    const present = new Map(
      mirrorRoutesOf(split, objects)
        .filter(isStaying)
        .map((each) => [nameIn(each), each]),
    );
    return wantedOf(split, objects).flatMap(({ route }): Write[] => {
      const before = present.get(nameIn(route));
      if (!before) return [{ verb: 'create', resource: untyped(ingressRoutes), object: route }];
      if (isDeepStrictEqual(before.spec?.routes, route.spec?.routes)) return [];
      return [
        {
          verb: 'update',
          resource: untyped(ingressRoutes),
          before,
          object: { ...before, spec: route.spec } as KubeObject,
        },
      ];
    });
  },
  stop: mirrorDeletions,
  knownWithinMs: KNOWN_WITHIN_MS,
};

/** Deletes the routes that copy, but not what they lead to: Traefik may still follow an older state. */
export function mirrorDeletions(split: TrafficSplit, objects: ObjectSource): Write[] {
  return mirrorRoutesOf(split, objects)
    .filter(isStaying)
    .map((object): Write => ({ verb: 'delete', resource: untyped(ingressRoutes), object }));
}

/** Deletes what the routes led to, once no route of ours is there. */
export function mirrorLeftovers(split: TrafficSplit, objects: ObjectSource): Write[] {
  if (mirrorRoutesOf(split, objects).length > 0) return [];
  return ownServicesOf(split, objects)
    .filter(isStaying)
    .map((object): Write => ({ verb: 'delete', resource: untyped(traefikServices), object }));
}

/** What of the copies still exists. */
export function mirrorRemains(split: TrafficSplit, objects: ObjectSource): string[] {
  return [
    ...mirrorRoutesOf(split, objects).map((each) => nameOf(ingressRoutes, each)),
    ...ownServicesOf(split, objects).map((each) => nameOf(traefikServices, each)),
  ];
}

/** All TraefikServices of ours: this program makes none for anything else. */
function ownServicesOf({ workload }: TrafficSplit, objects: ObjectSource): Listing[] {
  return objects.all(traefikServices).filter((each) => isOurs(each, workload)) as Listing[];
}

/** The IngressRoutes of ours that copy. The users' route may be gone, so that they are known by what they lead to. */
function mirrorRoutesOf({ workload }: TrafficSplit, objects: ObjectSource): Listing[] {
  const names = objects.all(ingressRoutes).map(nameIn);
  return ownRoutes(workload, names, objects).filter(({ spec }) =>
    (spec?.routes ?? []).some(({ services = [] }) =>
      services.some(({ kind, name = '' }) => kind === 'TraefikService' && name.endsWith('-mirror')),
    ),
  );
}

function nameIn({ metadata }: KubeObject): string {
  return metadata?.name ?? '';
}

function untyped(resource: Resource<IngressRoute> | Resource<TraefikService>): Resource<KubeObject> {
  return resource as Resource<KubeObject>;
}
