import type { KubeObject } from '../../cluster/resource.ts';
import type { ServicePair, TrafficSplit } from '../split.ts';
import { widened } from './shares.ts';

/** A backend of a rule, with its weight; all its other fields are kept as they are. */
export interface Weighted {
  weight?: number;
}

/** The backends of a rule. */
export type Backends<B extends Weighted> = readonly B[];

/** How a kind of route lists its rules, and the weighted backends of each. */
export interface Dialect<O extends KubeObject, B extends Weighted> {
  /** The backends of the users' rules; those of rules that this program has added are not among them. */
  rules(route: O): readonly Backends<B>[];
  /** The route with other backends in the users' rules. */
  withRules(route: O, rules: readonly Backends<B>[]): O;
  /** Whether a backend is that Service of the route's own namespace. */
  isTo(backend: B, route: O, service: string): boolean;
  /** The same backend with the canary's Service. */
  toCanary(backend: B, canary: string): B;
  /** The weight of a backend of several if none is written. */
  absent: number;
  /** A backend without others gets all requests, whatever its weight is. */
  loneTakesAll: boolean;
}

/** A split Service in a rule, and its canary beside it. Both are indexes of the rule's backends. */
export interface Place {
  pair: ServicePair;
  stable: number;
  /** undefined if the canary is not there. */
  canary: number | undefined;
}

export type Split = Pick<TrafficSplit, 'services' | 'workload'>;

/** A route, the words of its kind, and what of it is split. */
export interface Scene<O extends KubeObject, B extends Weighted> {
  dialect: Dialect<O, B>;
  route: O;
  split: Split;
}

/**
 * The split Services of a rule. A rule may name a Service several times, with other ports or filters: the
 * first canary belongs to the first, and so on.
 */
export function placesOf<O extends KubeObject, B extends Weighted>(
  { dialect, route, split }: Scene<O, B>,
  rule: Backends<B>,
): Place[] {
  const indexesOf = (name: string) =>
    rule.flatMap((backend, index) => (dialect.isTo(backend, route, name) ? [index] : []));
  return split.services.flatMap((pair) => {
    const canaries = indexesOf(pair.canary);
    return indexesOf(pair.stable).map((stable, index) => ({ pair, stable, canary: canaries[index] }));
  });
}

/** The indexes of the split Services. */
export function ownIndexes<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
): number[] {
  return placesOf(scene, rule).map(({ stable }) => stable);
}

/** The indexes of the canaries. */
export function canariesOf<O extends KubeObject, B extends Weighted>(
  { dialect, route, split }: Scene<O, B>,
  rule: Backends<B>,
): number[] {
  return rule.flatMap((backend, index) =>
    split.services.some(({ canary }) => dialect.isTo(backend, route, canary)) ? [index] : [],
  );
}

/** Whether the rule sends to a canary. */
export function hasCanary<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
): boolean {
  return canariesOf(scene, rule).length > 0;
}

/** The places of a rule that lack their canary, although users are sent there. */
export function lacking<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
): Place[] {
  const weights = effective(scene.dialect, rule);
  return placesOf(scene, rule).filter(
    ({ stable, canary }) => canary === undefined && (weights[stable] ?? 0) > 0,
  );
}

/** The weights that the rule has while it is split; undefined if the canary could not get 1 %. */
export function wideWeights<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
): number[] | undefined {
  return widened(effective(scene.dialect, rule), ownIndexes(scene, rule));
}

/** The weights by which requests are sent. */
export function effective<O extends KubeObject, B extends Weighted>(
  dialect: Dialect<O, B>,
  rule: Backends<Weighted>,
): number[] {
  const weights = written(dialect, rule);
  return dialect.loneTakesAll && weights.length === 1 ? [weights[0] || 1] : weights;
}

/** The weights as they are written. */
export function written<O extends KubeObject, B extends Weighted>(
  { absent }: Pick<Dialect<O, B>, 'absent'>,
  rule: Backends<Weighted>,
): number[] {
  return rule.map(({ weight = absent }) => weight);
}
