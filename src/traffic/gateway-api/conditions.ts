import {
  type Condition,
  type ParentRef,
  type ParentStatus,
  parentName,
  type Route,
  type Routed,
  routeName,
} from './routes.ts';

/** What the controllers of a route's parents say of its last write. */
export type RouteState =
  | { state: 'accepted' }
  /** A controller has not looked at the last write yet. */
  | { state: 'pending'; message: string }
  /** No controller has ever said anything of the route at one of its parents. */
  | { state: 'silent'; message: string }
  /** A controller has looked at the last write, and does not do all of it. */
  | { state: 'rejected'; message: string };

/** Both must be true for the generation that was written. No condition says that requests follow already. */
const NEEDED = ['Accepted', 'ResolvedRefs'];
/** It is only there if a part of the route was dropped, or if an older state of the route was kept. */
const PARTIAL = 'PartiallyInvalid';

/**
 * The state of a route at all of its parents, the worst one. Several controllers may report on one parent,
 * and one that was removed leaves its report behind: one up-to-date report that is good suffices, and any
 * up-to-date one that is bad counts.
 */
export function stateOf(routed: Routed): RouteState {
  const states = (routed.route.spec?.parentRefs ?? []).map((parent) => stateAt(parent, routed));
  const worst = ['rejected', 'silent', 'pending'].flatMap(
    (state) => states.find((each) => each.state === state) ?? [],
  );
  return worst[0] ?? { state: 'accepted' };
}

function stateAt(parent: ParentRef, routed: Routed): RouteState {
  const { route } = routed;
  const name = routeName(routed);
  const reports = (route.status?.parents ?? []).filter((each) => isOf(each, parent, route));
  if (reports.length === 0) {
    return { state: 'silent', message: `no controller has taken ${name} for ${parentName(parent)}` };
  }
  const bad = reports.flatMap((report) => badCondition(report, route) ?? [])[0];
  if (bad) {
    const { type, status, reason = '', message = '' } = bad;
    const detail = [reason, message].filter(Boolean).join(': ').replace(/\.$/, '');
    return {
      state: 'rejected',
      message: `${parentName(parent)} does not do all of ${name}: ${type} is ${status} (${detail})`,
    };
  }
  if (reports.some((report) => isGood(report, route))) return { state: 'accepted' };
  return { state: 'pending', message: `${parentName(parent)} to take up the change of ${name}` };
}

function badCondition({ conditions = [] }: ParentStatus, route: Route): Condition | undefined {
  return conditions
    .filter((each) => isUpToDate(each, route))
    .find(({ type = '', status }) =>
      type === PARTIAL ? status === 'True' : NEEDED.includes(type) && status !== 'True',
    );
}

function isGood({ conditions = [] }: ParentStatus, route: Route): boolean {
  return NEEDED.every((needed) =>
    conditions.some((each) => each.type === needed && each.status === 'True' && isUpToDate(each, route)),
  );
}

function isUpToDate({ observedGeneration = 0 }: Condition, { metadata }: Route): boolean {
  return observedGeneration >= (metadata?.generation ?? 0);
}

function isOf({ parentRef }: ParentStatus, parent: ParentRef, route: Route): boolean {
  return parentRef !== undefined && keyOf(parentRef, route) === keyOf(parent, route);
}

function keyOf(parent: ParentRef, { metadata }: Route): string {
  const { group = 'gateway.networking.k8s.io', kind = 'Gateway', name, sectionName, port } = parent;
  return JSON.stringify([group, kind, parent.namespace ?? metadata?.namespace, name, sectionName, port]);
}
