import { objectName } from '../../cluster/resource.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import type { Place } from '../in-place/places.ts';
import type { Steer, TrafficSplit } from '../split.ts';
import { placesOf } from './entries.ts';
import { type Match, type Route, type Routed, type Rule, rulesOf, weightOf } from './routes.ts';

type Split = Pick<TrafficSplit, 'services' | 'workload' | 'steer'>;

/** The name of the testers' route; two workloads may be behind one route, and be promoted at the same time. */
export function testersName(route: Route, workload: string): string {
  const name = objectName(route);
  return canaryName(name === workload ? name : `${name}-${workload}`, 253);
}

/**
 * The testers' route of a users' route: its rules that send to the split Services, for requests that also
 * have the testers' header. It is a route of our own, because the more header matches win over the fewer
 * across routes, and because the users' route then keeps its rules.
 *
 * @returns undefined if there are no testers
 */
export function testersRoute({ resource, route }: Routed, split: Split): Route | undefined {
  const { header } = split.steer ?? {};
  if (!header) return undefined;
  const { namespace } = route.metadata ?? {};
  const rules = rulesOf(route).flatMap((rule) => testersRules(rule, route, split, header));
  return {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: {
      name: testersName(route, split.workload),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: split.workload },
    },
    spec: { ...route.spec, rules },
  };
}

export function isTestersRoute({ metadata }: Route, workload: string): boolean {
  const { labels = {} } = metadata ?? {};
  return labels[MANAGED_BY] === MANAGER && labels[WORKLOAD_LABEL] === workload;
}

/** For a header without a value, `always` leads to the canary and `never` to stable. */
function testersRules(
  rule: Rule,
  route: Route,
  split: Split,
  { name, value }: NonNullable<Steer['header']>,
): Rule[] {
  const places = placesOf(rule, route, split).filter((each) => isServed(each, rule));
  if (places.length === 0) return [];
  // names of rules are unique in a route
  const { name: _, ...unnamed } = rule;
  const refs = rule.backendRefs ?? [];
  const to = (side: 'stable' | 'canary') =>
    places.flatMap(({ pair, stable }) => {
      const ref = refs[stable];
      return ref ? [{ ...ref, name: pair[side], weight: Math.max(1, weightOf(ref)) }] : [];
    });
  const matching = (text: string) => withHeader(rule.matches, name, text);
  return value === undefined
    ? [
        { ...unnamed, matches: matching('always'), backendRefs: to('canary') },
        { ...unnamed, matches: matching('never'), backendRefs: to('stable') },
      ]
    : [{ ...unnamed, matches: matching(value), backendRefs: to('canary') }];
}

/** Whether users are sent to the place. */
function isServed({ stable, canary }: Place, { backendRefs = [] }: Rule): boolean {
  const ref = backendRefs[stable];
  return canary !== undefined || (ref !== undefined && weightOf(ref) > 0);
}

/** A rule without matches is for all requests. */
function withHeader(matches: readonly Match[] | undefined, name: string, value: string): Match[] {
  const all = matches?.length ? matches : [{}];
  return all.map((match) => ({
    ...match,
    headers: [...(match.headers ?? []), { type: 'Exact', name, value }],
  }));
}
