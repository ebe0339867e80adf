import type { ServicePair, TrafficSplit } from '../router.ts';
import { type Noted, noteOf, withNote } from './note.ts';
import { type BackendRef, isTo, type Route, type Rule, rulesOf, weightOf, withRules } from './routes.ts';
import { canaryPart, widened } from './shares.ts';

/** A split Service in a rule, and its canary beside it. Both are indexes of the rule's backends. */
export interface Place {
  pair: ServicePair;
  stable: number;
  /** undefined if the canary is not there. */
  canary: number | undefined;
}

type Split = Pick<TrafficSplit, 'services' | 'workload'>;

/**
 * The split Services of a rule. A rule may name a Service several times, with other ports or filters: the
 * first canary belongs to the first, and so on.
 */
export function placesOf({ backendRefs = [] }: Rule, route: Route, { services }: Split): Place[] {
  const indexesOf = (name: string) =>
    backendRefs.flatMap((ref, index) => (isTo(ref, route, name) ? [index] : []));
  return services.flatMap((pair) => {
    const canaries = indexesOf(pair.canary);
    return indexesOf(pair.stable).map((stable, index) => ({ pair, stable, canary: canaries[index] }));
  });
}

/** The places of a rule that lack their canary, although users are sent there. */
export function lacking(rule: Rule, route: Route, split: Split): Place[] {
  return placesOf(rule, route, split).filter(
    ({ stable, canary }) => canary === undefined && weightAt(rule, stable) > 0,
  );
}

/** Whether the route lacks entries of the canary, because they are not made yet, or were removed. */
export function lacksEntries(route: Route, split: Split): boolean {
  const rules = rulesOf(route);
  const made = rules.filter((rule) => hasCanary(rule, route, split)).length;
  const noted = Object.keys(noteOf(route, split.workload) ?? {}).length;
  return made < noted || rules.some((rule) => lacking(rule, route, split).length > 0);
}

/** Whether anything of the split is on the route. */
export function hasEntries(route: Route, split: Split): boolean {
  return (
    noteOf(route, split.workload) !== undefined ||
    rulesOf(route).some((rule) => hasCanary(rule, route, split))
  );
}

/**
 * Adds the canary at weight 0 behind every split Service, with everything else that the Service's entry has:
 * filters and ports go along from the first write, because a later change of them can cost requests. What the
 * weights were is noted on the route.
 */
export function withEntries(route: Route, split: Split): Route {
  const note: Record<string, Noted> = { ...noteOf(route, split.workload) };
  const rules = rulesOf(route).map((rule, at) => {
    const places = lacking(rule, route, split);
    if (places.length === 0) return rule;
    const refs = rule.backendRefs ?? [];
    // a rule that has a part of them was split before, and is wide enough
    const isFresh = !hasCanary(rule, route, split);
    if (isFresh) note[at] = refs.map(({ weight = null }) => weight);
    const weights = isFresh ? widened(refs.map(weightOf), ownIndexes(rule, route, split)) : undefined;
    const backendRefs = refs.flatMap((ref, index): BackendRef[] => {
      const wide = { ...ref, weight: weights?.[index] ?? weightOf(ref) };
      const place = places.find(({ stable }) => stable === index);
      return place ? [wide, { ...ref, name: place.pair.canary, weight: 0 }] : [wide];
    });
    return { ...rule, backendRefs };
  });
  return withNote(withRules(route, rules), split.workload, note);
}

/** Gives the canary its share of the users that each pair has; the pair's part of the rule stays the same. */
export function withShare(route: Route, split: Split, percent: number): Route {
  const rules = rulesOf(route).map((rule, at) => {
    const weights = (rule.backendRefs ?? []).map(weightOf);
    for (const { stable, canary } of placesOf(rule, route, split)) {
      if (canary === undefined) continue;
      const sum = weightAt(rule, stable) + weightAt(rule, canary);
      weights[canary] = canaryPart(sum, percent);
      weights[stable] = sum - weights[canary];
    }
    const whole = percent === 0 ? wholeAgain(rule, at, route, split, weights) : weights;
    return withWeights(rule, whole);
  });
  return withRules(route, rules);
}

/** Removes the canary and puts the weights back that were there before. */
export function withoutEntries(route: Route, split: Split): Route {
  const rules = rulesOf(route).map((each, at) => {
    const isSplit = hasCanary(each, route, split);
    const rule = withoutCanaries(each, route, split);
    const weights = (rule.backendRefs ?? []).map(weightOf);
    const notes = isSplit ? allNoted(route, split, at) : notedAt(route, split, at);
    const noted = notes.find((each) => fits(each, weights, ownIndexes(rule, route, split)));
    if (noted && (isSplit || isEmptied(rule, route, split, weights))) {
      const backendRefs = (rule.backendRefs ?? []).map((ref, index) => put(ref, noted[index]));
      return { ...rule, backendRefs };
    }
    // somebody has changed the rule since: their weights stay, and the pair's part goes to stable
    return isSplit ? rule : each;
  });
  return withNote(withRules(route, rules), split.workload, undefined);
}

/** The largest share that a rule of the route gives to the canary, in percent of the pair's users. */
export function shareOf(route: Route, split: Split): number {
  const shares = rulesOf(route).flatMap((rule) => {
    const places = placesOf(rule, route, split);
    const known = new Set(places.map(({ canary }) => canary));
    const loose = canariesOf(rule, route, split).filter((index) => !known.has(index));
    return [
      ...loose.map((index) => (weightAt(rule, index) > 0 ? 100 : 0)),
      ...places.map(({ stable, canary }) => {
        const weight = canary === undefined ? 0 : weightAt(rule, canary);
        return weight === 0 ? 0 : (100 * weight) / (weight + weightAt(rule, stable));
      }),
    ];
  });
  return Math.max(0, ...shares);
}

export function hasCanary(rule: Rule, route: Route, split: Split): boolean {
  return canariesOf(rule, route, split).length > 0;
}

export function ownIndexes(rule: Rule, route: Route, split: Split): number[] {
  return placesOf(rule, route, split).map(({ stable }) => stable);
}

function canariesOf({ backendRefs = [] }: Rule, route: Route, { services }: Split): number[] {
  return backendRefs.flatMap((ref, index) =>
    services.some(({ canary }) => isTo(ref, route, canary)) ? [index] : [],
  );
}

/** Without the canaries; the weight of each goes to its stable Service. */
function withoutCanaries(rule: Rule, route: Route, split: Split): Rule {
  const canaries = canariesOf(rule, route, split);
  if (canaries.length === 0) return rule;
  const places = placesOf(rule, route, split);
  const backendRefs = (rule.backendRefs ?? []).flatMap((ref, index) => {
    if (canaries.includes(index)) return [];
    const canary = places.find(({ stable }) => stable === index)?.canary;
    return canary === undefined ? [ref] : [{ ...ref, weight: weightOf(ref) + weightAt(rule, canary) }];
  });
  return { ...rule, backendRefs };
}

/** The weights with stable's part where somebody has removed a canary that had all of it: its users get errors. */
function wholeAgain(rule: Rule, at: number, route: Route, split: Split, weights: number[]): number[] {
  if (hasCanary(rule, route, split) || !isEmptied(rule, route, split, weights)) return weights;
  const own = ownIndexes(rule, route, split);
  const noted = notedAt(route, split, at).find((each) => fits(each, weights, own));
  return noted ? (widened(numbers(noted), own) ?? weights) : weights;
}

function isEmptied(rule: Rule, route: Route, split: Split, weights: readonly number[]): boolean {
  const own = ownIndexes(rule, route, split);
  return own.length > 0 && own.every((index) => weights[index] === 0);
}

/** What was noted of the rule with that index, as far as nobody has moved the rules. */
function notedAt(route: Route, { workload }: Split, at: number): Noted[] {
  const noted = noteOf(route, workload)?.[at];
  return noted ? [noted] : [];
}

/** What was noted of any rule, that of this index first. */
function allNoted(route: Route, split: Split, at: number): Noted[] {
  return [...notedAt(route, split, at), ...Object.values(noteOf(route, split.workload) ?? {})];
}

/** Whether the rule's weights were made from the noted ones, so that nobody has changed them since. */
function fits(noted: Noted, weights: readonly number[], own: readonly number[]): boolean {
  const wide = noted.length === weights.length ? widened(numbers(noted), own) : undefined;
  return (
    wide?.every(
      (weight, index) => weight === weights[index] || (own.includes(index) && weights[index] === 0),
    ) ?? false
  );
}

function numbers(noted: Noted): number[] {
  return noted.map((weight) => weight ?? 1);
}

function put(ref: BackendRef, weight: number | null | undefined): BackendRef {
  const { weight: _, ...rest } = ref;
  return weight === null || weight === undefined ? rest : { ...ref, weight };
}

function withWeights(rule: Rule, weights: readonly number[]): Rule {
  const { backendRefs } = rule;
  if (!backendRefs || backendRefs.every((ref, index) => weightOf(ref) === weights[index])) return rule;
  return {
    ...rule,
    backendRefs: backendRefs.map((ref, index) => ({ ...ref, weight: weights[index] ?? weightOf(ref) })),
  };
}

function weightAt({ backendRefs = [] }: Rule, index: number): number {
  const ref = backendRefs[index];
  return ref ? weightOf(ref) : 0;
}
