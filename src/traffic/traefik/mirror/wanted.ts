import type { ObjectSource } from '../../../cluster/object-source.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { nameWith } from '../../../workload/names.ts';
import type { TrafficSplit } from '../../split.ts';
import { isTo } from '../entries.ts';
import {
  type IngressRoute,
  ingressRoutes,
  type Listing,
  type RouteRule,
  type ServiceRef,
  type TraefikService,
  traefikServices,
} from '../kinds.ts';
import { usersListings } from '../objects.ts';
import { type RuleSource, sourcesOf } from '../testers.ts';

/** A rule of ours, and the TraefikService that it leads to. */
interface Copying {
  rule: RouteRule;
  service: TraefikService;
}

/** The IngressRoute of ours in front of a users' route, and what it leads to. */
interface Wanted {
  route: IngressRoute;
  services: TraefikService[];
}

/** The name of what copies. The route's own name is in it: two workloads may be behind one route. */
export function mirrorName(source: string, workload: string): string {
  return nameWith(source === workload ? source : `${source}-${workload}`, 'mirror', 240);
}

/** The objects that copy requests as the split says. */
export function wantedOf(split: TrafficSplit, objects: ObjectSource): Wanted[] {
  if (!split.mirror) return [];
  return sourcesOf(split, objects).flatMap((source) => {
    const name = mirrorName(source.name, split.workload);
    const copies = (source.route.spec?.routes ?? []).flatMap((rule, at) =>
      copyingOf(rule, at, source, name, split, objects),
    );
    if (copies.length === 0) return [];
    const { namespace, annotations } = source.route.metadata ?? {};
    const ofClass = annotations?.['kubernetes.io/ingress.class'];
    const route: IngressRoute = {
      apiVersion: `${ingressRoutes.group}/${ingressRoutes.version}`,
      kind: ingressRoutes.kind,
      metadata: {
        name,
        ...(namespace === undefined ? {} : { namespace }),
        labels: ownLabels(split.workload),
        ...(ofClass === undefined ? {} : { annotations: { 'kubernetes.io/ingress.class': ofClass } }),
      },
      spec: { ...source.route.spec, routes: copies.map(({ rule }) => rule) },
    };
    return [{ route, services: copies.map(({ service }) => service) }];
  });
}

function copyingOf(
  rule: RouteRule,
  at: number,
  source: RuleSource,
  name: string,
  split: TrafficSplit,
  objects: ObjectSource,
): Copying[] {
  const target = targetOf(rule, source, split, objects);
  const { mirror } = split;
  if (!mirror || !target || 'why' in target || rule.match === undefined) return [];
  const { namespace } = source.route.metadata ?? {};
  const service = {
    apiVersion: `${traefikServices.group}/${traefikServices.version}`,
    kind: traefikServices.kind,
    metadata: {
      name: `${at}-${name}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(split.workload),
    },
    spec: { mirroring: { ...target.main, mirrors: [{ ...target.canary, percent: mirror.percent }] } },
  };
  const { services: _, ...rest } = rule;
  return [
    {
      rule: {
        ...rest,
        match: mirror.methods === 'all' ? rule.match : `(${rule.match}) && Method(\`GET\`)`,
        priority: priorityOf(rule, source),
        services: [{ kind: 'TraefikService', name: service.metadata.name }],
      },
      service,
    },
  ];
}

/** Just above the users' rule, so that their more special rules win as before. A rule in front of an Ingress is above it already. */
export function priorityOf(rule: RouteRule, { isFront }: RuleSource): number {
  const own = rule.priority || (rule.match ?? '').length;
  return isFront ? own : own + 1;
}

/** What a rule leads to, and its canary; why its requests cannot be copied; undefined if it leads to none of the Services. */
export function targetOf(
  { services = [] }: RouteRule,
  { route }: RuleSource,
  split: TrafficSplit,
  objects: ObjectSource,
): { main: ServiceRef; canary: ServiceRef } | { why: string } | undefined {
  const shared = services.find(({ kind }) => kind === 'TraefikService');
  const list = shared
    ? usersListings(objects).find(
        ({ resource, object }) =>
          resource === (traefikServices as unknown) && object.metadata?.name === shared.name,
      )
    : undefined;
  const refs = shared ? (list?.object.spec?.weighted?.services ?? []) : services;
  const owner = list?.object ?? (route as Listing);
  const canaries = split.services.map(({ canary }) => canary);
  const served = refs.filter(({ weight = 1, name = '' }) => weight > 0 && !canaries.includes(name));
  const pairs = served.map((ref) => ({
    ref,
    pair: split.services.find(({ stable }) => isTo(ref, owner, stable)),
  }));
  const own = pairs.find(({ pair }) => pair !== undefined);
  if (!own?.pair) return undefined;
  if (pairs.length > 1 || (shared && services.length > 1))
    return {
      why: 'sends to several Services, and Traefik copies the requests of a rule whatever Service they go to.',
    };
  const { weight: _, ...ref } = own.ref;
  const canary = { ...ref, name: own.pair.canary };
  return { main: shared ? { kind: 'TraefikService', name: shared.name ?? '' } : ref, canary };
}
