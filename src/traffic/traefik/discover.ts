import type { Ingress } from 'kubernetes-types/networking/v1';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses, nameOf } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { nameTaken } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { Discovery, RouteObjects, RoutePair, SplitTarget, TrafficSplit } from '../split.ts';
import { isTo, listsOf } from './entries.ts';
import { isTraefiks } from './ingress-class.ts';
import { classWarnings, ingressRefusals } from './ingress-refusals.ts';
import { ingressRoutes, type Listed, listingName, traefikServices } from './kinds.ts';
import { sendsTo, usersListings } from './objects.ts';
import { listingRefusals, refusal, serviceNames, unsplitRefusals } from './refusals.ts';
import { standInName } from './stand-in.ts';
import { testersName, testersRoutes } from './testers.ts';
import { ownerWarnings, stickyWarnings } from './warnings.ts';

/** The Ingresses that Traefik serves by its own annotations. */
function ownIngresses(objects: ObjectSource): Ingress[] {
  return objects.all(ingresses).filter((each) => isTraefiks(each, objects));
}

function servicesOf({ spec }: Ingress): string[] {
  const backends = [
    spec?.defaultBackend,
    ...(spec?.rules ?? []).flatMap(({ http }) => (http?.paths ?? []).map(({ backend }) => backend)),
  ];
  return backends.flatMap((backend) => backend?.service?.name ?? []);
}

/** The Services that Traefik's routes of the namespace send to. */
export function backends(objects: ObjectSource): Set<string> {
  const listed = usersListings(objects).flatMap(({ object }) => {
    return listsOf(object)
      .flat()
      .flatMap((ref) => (isTo(ref, object, ref.name ?? '') ? (ref.name ?? []) : []));
  });
  return new Set([...listed, ...ownIngresses(objects).flatMap(servicesOf)]);
}

/** Finds the objects of Traefik that send to the Services, and the reasons why they cannot be split. Pure. */
export function discover(target: SplitTarget, objects: RouteObjects): Discovery {
  const { workload, services, steer } = target;
  const pairs = services.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  const all = usersListings(objects);
  const listed = all.filter(({ object }) => services.some((name) => sendsTo(object, name)));
  const fronts = ownIngresses(objects).filter((each) =>
    servicesOf(each).some((name) => services.includes(name)),
  );
  const namespace = [...all.map(({ object }) => object), ...fronts][0]?.metadata?.namespace ?? '';
  const routes = [
    ...listed.map((each) => pairOf(each, all)),
    ...fronts.map((each) => frontOf(each, workload)),
  ];
  const split: TrafficSplit = { namespace, workload, services: pairs, routes, ...(steer ? { steer } : {}) };
  const hidden = all.flatMap((each) => unsplitRefusals(each, split));
  return {
    routes,
    refusals: [
      ...(routes.length === 0 && hidden.length === 0 ? [noRoute(split, all)] : []),
      ...hidden,
      ...listed.flatMap((each) => listingRefusals(each, split, all)),
      ...fronts.flatMap((each) => ingressRefusals(each, split, objects)),
      ...takenNames(split, fronts, listed, objects),
      ...(steer && routes.length > 0 && testersRoutes(split, objects).length === 0 ? [noTesters(split)] : []),
    ],
    staying: [],
    warnings: [
      ...listed.flatMap(ownerWarnings),
      ...listed.flatMap(stickyWarnings),
      ...classWarnings(fronts, objects),
    ],
  };
}

/** @param all the IngressRoutes among them that name a TraefikService are those that testers come by */
function pairOf(listed: Listed, all: readonly Listed[]): RoutePair {
  const name = listingName(listed);
  const isSticky = listed.object.spec?.weighted?.sticky !== undefined;
  const naming =
    listed.resource === ingressRoutes ? undefined : all.filter((each) => namesService(each, listed));
  return {
    stable: name,
    canary: name,
    ...(isSticky ? { sticky: true } : {}),
    ...(naming ? { beside: naming.map(listingName) } : {}),
  };
}

/** Whether a rule of an IngressRoute names the TraefikService. */
function namesService({ resource, object }: Listed, { object: shared }: Listed): boolean {
  const refs = (object.spec?.routes ?? []).flatMap(({ services = [] }) => services);
  return (
    resource === ingressRoutes &&
    refs.some(({ kind, name }) => kind === 'TraefikService' && name === shared.metadata?.name)
  );
}

function frontOf(ingress: Ingress, workload: string): RoutePair {
  return {
    stable: nameOf(ingresses, ingress),
    canary: `IngressRoute/${standInName(ingress.metadata?.name ?? '', workload)}`,
  };
}

function noRoute(split: TrafficSplit, all: readonly Listed[]): Refusal {
  return refusal(
    `No IngressRoute, no TraefikService and no Ingress of Traefik in the namespace sends to ${serviceNames(split)}.`,
    `Routes here: ${all.map(listingName).join(', ') || 'none'}.`,
  );
}

/** A TraefikService that only routes of other namespaces name has no rule here that a tester's could be made of. */
function noTesters({ routes }: TrafficSplit): Refusal {
  return refusal(
    `No rule of this namespace leads to ${routes.map(({ stable }) => stable).join(', ')}, so that testers have no way to the canary.`,
    'Remove `header` and `cookie`.',
  );
}

function takenNames(
  { workload }: TrafficSplit,
  fronts: readonly Ingress[],
  listed: readonly Listed[],
  objects: ObjectSource,
): Refusal[] {
  const names = [
    ...fronts.map(({ metadata }) => standInName(metadata?.name ?? '', workload)),
    ...fronts.map(({ metadata }) => testersName(`${metadata?.name ?? ''}-ingress`, workload)),
    ...listed
      .filter(({ resource }) => resource !== traefikServices)
      .map(({ object }) => testersName(object.metadata?.name ?? '', workload)),
  ];
  return nameTaken('IngressRoute', names, objects.all(ingressRoutes), workload);
}
