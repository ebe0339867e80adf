import type { ObjectSource } from '../../cluster/object-source.ts';
import { objectName } from '../../cluster/resource.ts';
import { isOurs, nameTaken, ownLabels } from '../../workload/canary-copy.ts';
import { canaryName } from '../../workload/names.ts';
import { notedBy } from '../in-place/note.ts';
import { previewName, previewNames, previewRefusal, takenHosts } from '../preview.ts';
import type { TrafficSplit } from '../split.ts';
import type { PreviewWay } from '../without-users.ts';
import { placesOf } from './entries.ts';
import { withoutMirror } from './mirror.ts';
import {
  type BackendRef,
  type ParentRef,
  parentName,
  ROUTE_KINDS,
  type Route,
  type Routed,
  type Rule,
  routeName,
  rulesOf,
  weightOf,
} from './routes.ts';

/**
 * The preview's route of a users' route: the same Gateways and rules for the preview's host, with the canary in the place of the split
 * Services. Rules that send elsewhere go along, because the app may need them. A parent that is no Gateway is left out: the host means
 * nothing in a mesh, so that its users would come to the canary.
 *
 * @returns undefined without a host, or if no Gateway is among the parents
 */
export function previewRoute({ resource, route }: Routed, split: TrafficSplit): Route | undefined {
  const { preview, workload } = split;
  const parentRefs = gatewaysOf(route);
  if (preview === undefined || parentRefs.length === 0) return undefined;
  const { namespace } = route.metadata ?? {};
  const users = withoutMirror(route, split);
  return {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: {
      name: previewName(objectName(route), workload),
      ...(namespace === undefined ? {} : { namespace }),
      labels: ownLabels(workload),
    },
    spec: {
      ...users.spec,
      parentRefs,
      hostnames: [preview],
      rules: rulesOf(users).map((rule) => previewRule(rule, users, split)),
    },
  };
}

function gatewaysOf({ spec }: Route): ParentRef[] {
  return (spec?.parentRefs ?? []).filter(({ kind = 'Gateway' }) => kind === 'Gateway');
}

/** The canary alone, if the rule sends users to the split Services; else as it is. */
function previewRule(rule: Rule, route: Route, split: TrafficSplit): Rule {
  const refs = rule.backendRefs ?? [];
  const toCanary = placesOf(rule, route, split).flatMap(({ pair, stable, canary }): BackendRef[] => {
    const ref = refs[stable];
    const isServed = canary !== undefined || (ref !== undefined && weightOf(ref) > 0);
    return ref && isServed ? [{ ...ref, name: pair.canary, weight: Math.max(1, weightOf(ref)) }] : [];
  });
  if (toCanary.length > 0) return { ...rule, backendRefs: toCanary };
  return withoutOthers(rule, route, split.workload);
}

/** Without what the promotion of another workload has added for its time: it goes before this preview does. */
function withoutOthers(rule: Rule, route: Route, workload: string): Rule {
  const { backendRefs = [], filters = [] } = rule;
  if (notedBy(route).every((each) => each === workload)) return rule;
  const canaries = new Set(backendRefs.map(({ name = '' }) => canaryName(name, 63)));
  const kept = filters.filter(({ requestMirror }) => !canaries.has(requestMirror?.backendRef?.name ?? ''));
  return {
    ...rule,
    ...(rule.backendRefs ? { backendRefs: backendRefs.filter(({ name = '' }) => !canaries.has(name)) } : {}),
    ...(rule.filters ? { filters: kept } : {}),
  };
}

/** The preview's routes that exist, also those that are being deleted. */
export function previewsOf(split: TrafficSplit, objects: ObjectSource): Routed[] {
  const names = new Set(previewNames(split));
  return allRoutes(objects).filter(
    (each) => names.has(routeName(each)) && isOurs(each.route, split.workload),
  );
}

/** The preview's routes that are wanted and do not exist. @param users the users' routes of the split */
export function missingPreviews(
  users: readonly Routed[],
  split: TrafficSplit,
  objects: ObjectSource,
): Routed[] {
  const present = new Set(previewsOf(split, objects).map(routeName));
  return users
    .flatMap((each) => {
      const route = previewRoute(each, split);
      return route ? [{ resource: each.resource, route }] : [];
    })
    .filter((each) => !present.has(routeName(each)));
}

/** Why the host cannot lead to the canary. */
export function previewRefusals(users: readonly Routed[], split: TrafficSplit, objects: ObjectSource) {
  const { preview = '', workload } = split;
  const own = new Set(previewNames(split));
  const names = new Set(users.map(routeName));
  const having = (all: readonly Routed[]) =>
    all.filter(({ route }) => route.spec?.hostnames?.includes(preview)).map(routeName);
  const others = allRoutes(objects).filter(
    (each) => !names.has(routeName(each)) && !isOurs(each.route, workload),
  );
  return [
    ...takenHosts(preview, having(users), having(others)),
    ...ROUTE_KINDS.flatMap((resource) =>
      nameTaken(
        resource.kind,
        [...own].flatMap((name) =>
          name.startsWith(`${resource.kind}/`) ? [name.slice(resource.kind.length + 1)] : [],
        ),
        objects.all(resource),
        workload,
      ),
    ),
    ...users
      .filter(({ route }) => gatewaysOf(route).length === 0)
      .map((each) =>
        previewRefusal(
          `${routeName(each)} belongs to no Gateway, so that no host can lead to the canary.`,
          'Remove `preview`: in a mesh, users come by the Service.',
        ),
      ),
  ];
}

/** How a tester comes. The scheme is a guess by the listener that the route names, because Gateways are not read. */
export function describePreview(users: readonly Routed[], split: TrafficSplit): PreviewWay {
  const made = users.flatMap((each) => {
    const route = previewRoute(each, split);
    return route ? [{ resource: each.resource, route }] : [];
  });
  const parents = users.flatMap(({ route }) => gatewaysOf(route));
  const isTls = parents.some(({ sectionName = '', port }) => /https|tls/i.test(sectionName) || port === 443);
  const names = [...new Set(parents.map(parentName))].join(' and ');
  return {
    url: `${isTls ? 'https' : 'http'}://${split.preview}`,
    objects: made.map(routeName),
    notes: [`a listener of ${names} has to take the host, and to have its certificate`],
    warnings: users.map(({ resource, route }) => {
      const own = `${resource.kind}/${previewName(objectName(route), split.workload)}`;
      return `Policies that name ${routeName({ resource, route })}, such as one for authentication, do not act on ${own}, by which testers reach the canary. Let them name ${own} too, or the Gateway.`;
    }),
  };
}

function allRoutes(objects: ObjectSource): Routed[] {
  return ROUTE_KINDS.flatMap((resource) => objects.all(resource).map((route) => ({ resource, route })));
}
