import type { KubeObject, Resource } from '../../cluster/resource.ts';
import { canaryName } from '../../workload/names.ts';
import { namesOfKind } from '../in-place/names.ts';
import { previewNames } from '../preview.ts';
import type { TrafficSplit } from '../split.ts';
import { destinationRules, virtualServices } from './kinds.ts';

/**
 * The names of the objects that a split reads and writes: its VirtualServices and those that delegate to them, the users' DestinationRules
 * for the Services, and the copies of these. A record of an earlier version does not name the DestinationRules, so that all are watched.
 */
export function watched(split: TrafficSplit): ReadonlyMap<Resource<KubeObject>, readonly string[]> {
  const { routes } = split;
  if (routes.some(({ beside }) => beside === undefined)) return new Map();
  const names = [...new Set(routes.flatMap(({ stable, beside = [] }) => [stable, ...beside]))];
  return new Map<Resource<KubeObject>, readonly string[]>([
    [virtualServices, namesOfKind(virtualServices, [...names, ...previewNames(split)])],
    [destinationRules, namesOfKind(destinationRules, names).flatMap((name) => [name, canaryName(name, 253)])],
  ]);
}
