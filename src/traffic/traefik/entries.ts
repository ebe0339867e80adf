import * as entries from '../in-place/entries.ts';
import * as places from '../in-place/places.ts';
import type { Listing, ServiceRef } from './kinds.ts';

type Split = places.Split;

/** Whether a reference is that Service of the object's own namespace. */
export function isTo(
  { kind = 'Service', namespace, name }: ServiceRef,
  object: Listing,
  service: string,
): boolean {
  const isHere = namespace === undefined || namespace === object.metadata?.namespace;
  return kind === 'Service' && isHere && name === service;
}

/** The lists of an object: one for each rule of an IngressRoute, and one of a TraefikService that is weighted. */
export function listsOf({ spec }: Listing): readonly (readonly ServiceRef[])[] {
  if (spec?.routes) return spec.routes.map(({ services = [] }) => services);
  return spec?.weighted?.services ? [spec.weighted.services] : [];
}

/** The object with other lists. Everything else stays as it is. */
function withLists(object: Listing, lists: readonly (readonly ServiceRef[])[]): Listing {
  const { spec = {} } = object;
  if (spec.routes) {
    const routes = spec.routes.map((rule, at) =>
      rule.services === undefined ? rule : { ...rule, services: [...(lists[at] ?? [])] },
    );
    return { ...object, spec: { ...spec, routes } };
  }
  const [services] = lists;
  if (!spec.weighted || !services) return object;
  return { ...object, spec: { ...spec, weighted: { ...spec.weighted, services: [...services] } } };
}

/** How Traefik's own kinds list Services. */
const LISTINGS: places.Dialect<Listing, ServiceRef> = {
  rules: listsOf,
  withRules: withLists,
  isTo,
  toCanary: (ref, name) => ({ ...ref, name }),
  absent: 1,
  loneTakesAll: false,
};

const sceneOf = (route: Listing, split: Split) => ({ dialect: LISTINGS, route, split });

/** Whether the list sends to a canary. */
export const hasCanary = (list: readonly ServiceRef[], object: Listing, split: Split) =>
  places.hasCanary(sceneOf(object, split), list);
/** The places of a list that lack their canary, although users are sent there. */
export const lacking = (list: readonly ServiceRef[], object: Listing, split: Split) =>
  places.lacking(sceneOf(object, split), list);
/** The weights that the list has while it is split; undefined if the canary could not get 1 %. */
export const wideWeights = (list: readonly ServiceRef[], object: Listing, split: Split) =>
  places.wideWeights(sceneOf(object, split), list);
/** The weights as Traefik takes them. */
export const weightsOf = (list: readonly ServiceRef[]) => places.written(LISTINGS, list);

/** Whether the object lacks entries of the canary. */
export const lacksEntries = (object: Listing, split: Split) => entries.lacksEntries(sceneOf(object, split));
/** Whether anything of the split is on the object. */
export const hasEntries = (object: Listing, split: Split) => entries.hasEntries(sceneOf(object, split));
/** The object with the canary at weight 0 behind every split Service. */
export const withEntries = (object: Listing, split: Split) => entries.withEntries(sceneOf(object, split));
/** The object with the canary's share of each pair's users. */
export const withShare = (object: Listing, split: Split, percent: number) =>
  entries.withShare(sceneOf(object, split), percent);
/** The object without the canary, with the weights of before. */
export const withoutEntries = (object: Listing, split: Split) =>
  entries.withoutEntries(sceneOf(object, split));
/** The largest share that a list of the object gives to the canary, in percent. */
export const shareOf = (object: Listing, split: Split) => entries.shareOf(sceneOf(object, split));
