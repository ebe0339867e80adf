import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses, type KubeObject, nameOf } from '../../cluster/resource.ts';
import { isOurs } from '../../workload/canary-copy.ts';
import type { TrafficSplit } from '../split.ts';
import { isTo, listsOf } from './entries.ts';
import { ingressRoutes, type Listed, type Listing, listingName, WEIGHTED_KINDS } from './kinds.ts';

/** The objects of the users that list Services with weights, without those that this program made. */
export function usersListings(objects: ObjectSource): Listed[] {
  return WEIGHTED_KINDS.flatMap((resource) =>
    objects
      .all(resource)
      .filter((object) => !isOurs(object))
      .map((object) => ({ resource, object })),
  );
}

/** The users' listings of the split that exist. */
export function listingsOf({ routes }: Pick<TrafficSplit, 'routes'>, objects: ObjectSource): Listed[] {
  const names = new Set(routes.map(({ stable }) => stable));
  return usersListings(objects).filter((each) => names.has(listingName(each)));
}

/** The users' Ingresses of the split that exist. */
export function ingressesOf({ routes }: Pick<TrafficSplit, 'routes'>, objects: ObjectSource): Ingress[] {
  const names = new Set(routes.map(({ stable }) => stable));
  return objects.all(ingresses).filter((each) => names.has(nameOf(ingresses, each)));
}

/** The IngressRoutes of ours for this workload with one of these names. */
export function ownRoutes(workload: string, names: readonly string[], objects: ObjectSource): Listing[] {
  return objects
    .all(ingressRoutes)
    .filter((each) => isOurs(each, workload) && names.includes(each.metadata?.name ?? ''));
}

/** Whether a list of the object has the Service of its own namespace. */
export function sendsTo(object: Listing, service: string): boolean {
  return listsOf(object).some((list) => list.some((ref) => isTo(ref, object, service)));
}

/** Whether nobody has deleted it. */
export function isStaying({ metadata }: KubeObject): boolean {
  return metadata?.deletionTimestamp === undefined;
}
