import { effective, placesOf } from '../in-place/places.ts';
import type { Steer, TrafficSplit } from '../split.ts';
import { isAdded, isTestersOf, testersName } from './added-rules.ts';
import { sceneOf } from './entries.ts';
import {
  type HttpRule,
  httpOf,
  type Match,
  type StringMatch,
  type VirtualService,
  withHttp,
} from './kinds.ts';

type Split = Pick<TrafficSplit, 'services' | 'workload' | 'steer'>;

/** Who is sent where at any weight: requests with this value of this header. */
interface Way {
  header: string;
  value: StringMatch;
  side: 'stable' | 'canary';
}

/**
 * The VirtualService with the testers' rules, each in front of the users' rule that it copies: the first rule that
 * matches takes a request, so that a VirtualService of our own would have no effect.
 */
export function withTesters(service: VirtualService, split: Split): VirtualService {
  const ways = waysOf(split.steer);
  const users = withoutTesters(service, split.workload);
  if (ways.length === 0) return users;
  let at = 0;
  const http = httpOf(users).flatMap((rule) => {
    if (isAdded(rule)) return [rule];
    return [...ways.flatMap((way) => copyFor(way, rule, users, split, () => at++)), rule];
  });
  return at === 0 ? users : withHttp(users, http);
}

/** Whether the VirtualService lacks testers' rules that are wanted. */
export function lacksTesters(service: VirtualService, split: Split): boolean {
  const namesOf = (each: VirtualService) =>
    httpOf(each)
      .filter((rule) => isTestersOf(rule, split.workload))
      .map(({ name }) => name);
  return namesOf(withTesters(service, split)).length > namesOf(service).length;
}

export function hasTesters(service: VirtualService, workload: string): boolean {
  return httpOf(service).some((rule) => isTestersOf(rule, workload));
}

export function withoutTesters(service: VirtualService, workload: string): VirtualService {
  if (!hasTesters(service, workload)) return service;
  return withHttp(
    service,
    httpOf(service).filter((rule) => !isTestersOf(rule, workload)),
  );
}

/** A header has precedence over a cookie. `always` leads to the canary, `never` to stable. */
export function waysOf({ header, cookie }: Steer = {}): Way[] {
  return [...(header ? headerWays(header) : []), ...(cookie === undefined ? [] : cookieWays(cookie))];
}

function headerWays({ name, value, pattern }: NonNullable<Steer['header']>): Way[] {
  const header = name.toLowerCase();
  const to = (side: Way['side'], match: StringMatch): Way => ({ header, value: match, side });
  // a regular expression must match the whole value
  if (pattern !== undefined) return [to('canary', { regex: `.*(?:${pattern}).*` })];
  if (value !== undefined) return [to('canary', { exact: value })];
  return [to('canary', { exact: 'always' }), to('stable', { exact: 'never' })];
}

function cookieWays(name: string): Way[] {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const is = (value: string): StringMatch => ({ regex: `^(.*;\\s*)?${escaped}=${value}(;.*)?$` });
  return [
    { header: 'cookie', value: is('always'), side: 'canary' },
    { header: 'cookie', value: is('never'), side: 'stable' },
  ];
}

/** The rule for those who come that way; none if the rule sends no users to the split Services. */
function copyFor(
  { header, value, side }: Way,
  rule: HttpRule,
  service: VirtualService,
  split: Split,
  next: () => number,
): HttpRule[] {
  const scene = sceneOf(service, split);
  const all = rule.route ?? [];
  const weights = effective(scene.dialect, all);
  const route = placesOf(scene, all)
    .filter(({ stable, canary }) => canary !== undefined || (weights[stable] ?? 0) > 0)
    .flatMap(({ pair, stable }) => {
      const own = all[stable];
      if (!own) return [];
      const to = side === 'canary' ? scene.dialect.toCanary(own, pair.canary) : own;
      return [{ ...to, weight: Math.max(1, weights[stable] ?? 1) }];
    });
  if (route.length === 0) return [];
  const match = (rule.match?.length ? rule.match : [{}]).map(
    (each): Match => ({ ...each, headers: { ...each.headers, [header]: value } }),
  );
  return [{ ...rule, name: testersName(split.workload, next()), match, route }];
}
