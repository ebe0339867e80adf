import type { KubeObject } from '../../cluster/resource.ts';
import { type Noted, noteOf, withNote } from './note.ts';
import {
  type Backends,
  canariesOf,
  effective,
  hasCanary,
  lacking,
  ownIndexes,
  placesOf,
  type Scene,
  type Weighted,
  wideWeights,
  written,
} from './places.ts';
import { canaryPart, widened } from './shares.ts';

/** Whether the route lacks entries of the canary, because they are not made yet, or were removed. */
export function lacksEntries<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>): boolean {
  const { dialect, route, split } = scene;
  const rules = dialect.rules(route);
  const made = rules.filter((rule) => hasCanary(scene, rule)).length;
  const noted = Object.keys(noteOf(route, split.workload) ?? {}).length;
  return made < noted || rules.some((rule) => lacking(scene, rule).length > 0);
}

/** Whether anything of the split is on the route. */
export function hasEntries<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>): boolean {
  const { dialect, route, split } = scene;
  return (
    noteOf(route, split.workload) !== undefined || dialect.rules(route).some((rule) => hasCanary(scene, rule))
  );
}

/**
 * Adds the canary at weight 0 behind every split Service, with everything else that the Service's entry has:
 * filters and ports go along from the first write, because a later change of them can cost requests. What the
 * weights were is noted on the route.
 */
export function withEntries<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>): O {
  const { dialect, route, split } = scene;
  const note: Record<string, Noted> = { ...noteOf(route, split.workload) };
  const rules = dialect.rules(route).map((rule, at) => {
    const places = lacking(scene, rule);
    if (places.length === 0) return rule;
    // a rule that has a part of them was split before, and is wide enough
    const isFresh = !hasCanary(scene, rule);
    if (isFresh) note[at] = rule.map(({ weight = null }) => weight);
    const weights = (isFresh && wideWeights(scene, rule)) || written(dialect, rule);
    return rule.flatMap((backend, index): B[] => {
      const wide = { ...backend, weight: weights[index] ?? dialect.absent };
      const place = places.find(({ stable }) => stable === index);
      return place ? [wide, { ...dialect.toCanary(backend, place.pair.canary), weight: 0 }] : [wide];
    });
  });
  return withNote(dialect.withRules(route, rules), split.workload, note);
}

/** Gives the canary its share of the users that each pair has; the pair's part of the rule stays the same. */
export function withShare<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>, percent: number): O {
  const { dialect, route } = scene;
  const rules = dialect.rules(route).map((rule, at) => {
    const weights = written(dialect, rule);
    for (const { stable, canary } of placesOf(scene, rule)) {
      if (canary === undefined) continue;
      const sum = (weights[stable] ?? 0) + (weights[canary] ?? 0);
      weights[canary] = canaryPart(sum, percent);
      weights[stable] = sum - weights[canary];
    }
    return withWeights(scene, rule, percent === 0 ? wholeAgain(scene, rule, at, weights) : weights);
  });
  return dialect.withRules(route, rules);
}

/** Removes the canary and puts the weights back that were there before. */
export function withoutEntries<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>): O {
  const { dialect, route, split } = scene;
  const rules = dialect.rules(route).map((each, at) => {
    const isSplit = hasCanary(scene, each);
    const rule = withoutCanaries(scene, each);
    const weights = written(dialect, rule);
    const notes = isSplit ? allNoted(scene, at) : notedAt(scene, at);
    const noted = notes.find((each) => fits(scene, each, weights, ownIndexes(scene, rule)));
    if (noted && (isSplit || isEmptied(scene, rule))) {
      return rule.map((backend, index) => put(backend, noted[index]));
    }
    // somebody has changed the rule since: their weights stay, and the pair's part goes to stable
    return isSplit ? rule : each;
  });
  return withNote(dialect.withRules(route, rules), split.workload, undefined);
}

/** The largest share that a rule of the route gives to the canary, in percent of the pair's users. */
export function shareOf<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>): number {
  const { dialect, route } = scene;
  const shares = dialect.rules(route).flatMap((rule) => {
    const weights = effective(dialect, rule);
    const places = placesOf(scene, rule);
    const known = new Set(places.map(({ canary }) => canary));
    const loose = canariesOf(scene, rule).filter((index) => !known.has(index));
    return [
      ...loose.map((index) => ((weights[index] ?? 0) > 0 ? 100 : 0)),
      ...places.map(({ stable, canary }) => {
        const weight = canary === undefined ? 0 : (weights[canary] ?? 0);
        return weight === 0 ? 0 : (100 * weight) / (weight + (weights[stable] ?? 0));
      }),
    ];
  });
  return Math.max(0, ...shares);
}

/** Without the canaries; the weight of each goes to its stable Service. */
function withoutCanaries<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
): Backends<B> {
  const canaries = canariesOf(scene, rule);
  if (canaries.length === 0) return rule;
  const places = placesOf(scene, rule);
  const weights = written(scene.dialect, rule);
  return rule.flatMap((backend, index) => {
    if (canaries.includes(index)) return [];
    const canary = places.find(({ stable }) => stable === index)?.canary;
    if (canary === undefined) return [backend];
    return [{ ...backend, weight: (weights[index] ?? 0) + (weights[canary] ?? 0) }];
  });
}

/** The weights with stable's part where somebody has removed a canary that had all of it: its users get errors. */
function wholeAgain<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  rule: Backends<B>,
  at: number,
  weights: number[],
): number[] {
  if (hasCanary(scene, rule) || !isEmptied(scene, rule)) return weights;
  const own = ownIndexes(scene, rule);
  const noted = notedAt(scene, at).find((each) => fits(scene, each, weights, own));
  return noted ? (widened(numbers(scene, noted), own) ?? weights) : weights;
}

/** Whether somebody has left no users to the split Services. A lone backend may have all of them without a weight. */
function isEmptied<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>, rule: Backends<B>): boolean {
  const { absent, loneTakesAll } = scene.dialect;
  const without = loneTakesAll && rule.length === 1 ? 1 : absent;
  const own = ownIndexes(scene, rule);
  return own.length > 0 && own.every((index) => (rule[index]?.weight ?? without) === 0);
}

/** What was noted of the rule with that index, as far as nobody has moved the rules. */
function notedAt<O extends KubeObject, B extends Weighted>(
  { route, split }: Scene<O, B>,
  at: number,
): Noted[] {
  const noted = noteOf(route, split.workload)?.[at];
  return noted ? [noted] : [];
}

/** What was noted of any rule, that of this index first. */
function allNoted<O extends KubeObject, B extends Weighted>(scene: Scene<O, B>, at: number): Noted[] {
  const { route, split } = scene;
  return [...notedAt(scene, at), ...Object.values(noteOf(route, split.workload) ?? {})];
}

/** Whether the rule's weights were made from the noted ones, so that nobody has changed them since. */
function fits<O extends KubeObject, B extends Weighted>(
  scene: Scene<O, B>,
  noted: Noted,
  weights: readonly number[],
  own: readonly number[],
): boolean {
  const wide = noted.length === weights.length ? widened(numbers(scene, noted), own) : undefined;
  return (
    wide?.every(
      (weight, index) => weight === weights[index] || (own.includes(index) && weights[index] === 0),
    ) ?? false
  );
}

function numbers<O extends KubeObject, B extends Weighted>({ dialect }: Scene<O, B>, noted: Noted): number[] {
  return effective(
    dialect,
    noted.map((weight) => (weight === null ? {} : { weight })),
  );
}

function put<B extends Weighted>(backend: B, weight: number | null | undefined): B {
  if (weight !== null && weight !== undefined) return { ...backend, weight };
  const { weight: _, ...rest } = backend;
  return rest as B;
}

function withWeights<O extends KubeObject, B extends Weighted>(
  { dialect }: Scene<O, B>,
  rule: Backends<B>,
  weights: readonly number[],
): Backends<B> {
  const before = written(dialect, rule);
  if (before.every((weight, index) => weight === weights[index])) return rule;
  return rule.map((backend, index) => ({ ...backend, weight: weights[index] ?? 0 }));
}
