import type { ObjectSource } from '../../cluster/object-source.ts';
import { ownLabels } from '../../workload/canary-copy.ts';
import { nameWith } from '../../workload/names.ts';
import type { Steer, TrafficSplit } from '../split.ts';
import { isTo } from './entries.ts';
import { type IngressRoute, ingressRoutes, type RouteRule, type ServiceRef } from './kinds.ts';
import { ingressesOf, listingsOf, usersListings } from './objects.ts';
import { standIn } from './stand-in.ts';

/** The name of the testers' route of an IngressRoute, or of the one that stands in front of an Ingress. */
export function testersName(source: string, workload: string): string {
  return nameWith(source === workload ? source : `${source}-${workload}`, 'testers', 253);
}

/**
 * The IngressRoutes of ours for testers: the rules of the users' that lead to the split Services, for requests that also have the header
 * or the cookie. Each has one Service, so that Traefik counts testers apart from users.
 */
export function testersRoutes(split: TrafficSplit, objects: ObjectSource): IngressRoute[] {
  const { steer } = split;
  if (!steer?.header && steer?.cookie === undefined) return [];
  return sourcesOf(split, objects).flatMap(({ name, route }) => {
    const routes = (route.spec?.routes ?? []).flatMap((rule) =>
      testersRules(rule, route, split, steer, objects),
    );
    if (routes.length === 0) return [];
    const { namespace, annotations } = route.metadata ?? {};
    const ofClass = annotations?.['kubernetes.io/ingress.class'];
    return [
      {
        apiVersion: `${ingressRoutes.group}/${ingressRoutes.version}`,
        kind: ingressRoutes.kind,
        metadata: {
          name: testersName(name, split.workload),
          ...(namespace === undefined ? {} : { namespace }),
          labels: ownLabels(split.workload),
          ...(ofClass === undefined ? {} : { annotations: { 'kubernetes.io/ingress.class': ofClass } }),
        },
        spec: { ...route.spec, routes },
      },
    ];
  });
}

/** A route whose rules lead to the split Services. */
export interface RuleSource {
  name: string;
  route: IngressRoute;
  /** It stands in front of an Ingress, and does not exist yet. */
  isFront: boolean;
}

/** The routes whose rules lead to the Services: of the split, those that name its TraefikServices, and those in front of its Ingresses. */
export function sourcesOf(split: TrafficSplit, objects: ObjectSource): RuleSource[] {
  const shared = sharedOf(split, objects);
  const own = new Set(listingsOf(split, objects).map(({ object }) => object));
  const routes = usersListings(objects)
    .filter(({ resource }) => resource === ingressRoutes)
    .filter(
      ({ object }) => own.has(object) || (object.spec?.routes ?? []).some((rule) => namesOne(rule, shared)),
    )
    .map(({ object }) => ({ name: object.metadata?.name ?? '', route: object, isFront: false }));
  const fronts = ingressesOf(split, objects).map((ingress) => ({
    name: `${ingress.metadata?.name ?? ''}-ingress`,
    route: standIn(ingress, split),
    isFront: true,
  }));
  return [...routes, ...fronts];
}

/** The TraefikServices of the split, with the canary's reference behind each. */
function sharedOf(
  split: TrafficSplit,
  objects: ObjectSource,
): Map<string, { canary: ServiceRef; stable: ServiceRef }> {
  const found = listingsOf(split, objects).filter(({ resource }) => resource !== ingressRoutes);
  return new Map(
    found.flatMap(({ object }) => {
      const refs = object.spec?.weighted?.services ?? [];
      const target = refs.flatMap((ref) => targetOf(ref, object, split) ?? [])[0];
      return target ? [[object.metadata?.name ?? '', target] as const] : [];
    }),
  );
}

function namesOne({ services = [] }: RouteRule, shared: ReadonlyMap<string, unknown>): boolean {
  return services.some(({ kind, name = '' }) => kind === 'TraefikService' && shared.has(name));
}

function testersRules(
  rule: RouteRule,
  route: IngressRoute,
  split: TrafficSplit,
  steer: Steer,
  objects: ObjectSource,
): RouteRule[] {
  const target = targetOfRule(rule, route, split, objects);
  if (!target || rule.match === undefined) return [];
  const { services: _, ...rest } = rule;
  const to = (ref: ServiceRef, matcher: string): RouteRule => ({
    ...rest,
    match: `(${rule.match}) && ${matcher}`,
    // without a priority the longer rule wins
    ...(rule.priority ? { priority: rule.priority + 1 } : {}),
    services: [ref],
  });
  return matchersOf(steer).map(({ matcher, side }) => to(target[side], matcher));
}

/** The references of the pair that a rule leads to, itself or by a TraefikService of the split; undefined if it leads to none. */
export function targetOfRule(
  { services = [] }: RouteRule,
  route: IngressRoute,
  split: TrafficSplit,
  objects: ObjectSource,
): { canary: ServiceRef; stable: ServiceRef } | undefined {
  const shared = sharedOf(split, objects);
  return services.flatMap((ref) =>
    ref.kind === 'TraefikService' ? (shared.get(ref.name ?? '') ?? []) : (targetOf(ref, route, split) ?? []),
  )[0];
}

/** What a tester's request has, and where it leads: without a value, `always` to the canary and `never` to stable. */
function matchersOf({ header, cookie }: Steer): { matcher: string; side: 'canary' | 'stable' }[] {
  const quoted = (text: string) => JSON.stringify(text);
  const byHeader = header
    ? header.pattern !== undefined
      ? [
          {
            matcher: `HeaderRegexp(${quoted(header.name)}, ${quoted(header.pattern)})`,
            side: 'canary' as const,
          },
        ]
      : header.value !== undefined
        ? [{ matcher: `Header(${quoted(header.name)}, ${quoted(header.value)})`, side: 'canary' as const }]
        : (['canary', 'stable'] as const).map((side) => ({
            matcher: `Header(${quoted(header.name)}, "${side === 'canary' ? 'always' : 'never'}")`,
            side,
          }))
    : [];
  const byCookie =
    cookie === undefined
      ? []
      : (['canary', 'stable'] as const).map((side) => ({
          matcher: `HeaderRegexp("Cookie", ${quoted(`(^|; *)${escaped(cookie)}=${side === 'canary' ? 'always' : 'never'}(;|$)`)})`,
          side,
        }));
  return [...byHeader, ...byCookie];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The references of a pair without weights, if this is the stable one. */
function targetOf(
  ref: ServiceRef,
  owner: IngressRoute,
  { services }: TrafficSplit,
): { canary: ServiceRef; stable: ServiceRef } | undefined {
  const pair = services.find(({ stable }) => isTo(ref, owner, stable));
  if (!pair) return undefined;
  const { weight: _, ...rest } = ref;
  return { stable: { ...rest, name: pair.stable }, canary: { ...rest, name: pair.canary } };
}
