import type { Refusal } from '../../errors.ts';
import type { TrafficSplit } from '../split.ts';
import { placesOf } from './entries.ts';
import { refusal } from './refusals.ts';
import {
  type BackendRef,
  type Filter,
  type Route,
  type Routed,
  type Rule,
  routeName,
  rulesOf,
  weightOf,
  withRules,
} from './routes.ts';

/**
 * The controllers that copy requests by the filter RequestMirror, as measured. Traefik 3.7 answers 500 to all users of a rule with that
 * filter, and still reports it as accepted, so that a status proves nothing.
 */
const COPYING: ReadonlySet<string> = new Set(['gateway.envoyproxy.io/gatewayclass-controller']);

/**
 * The route with a filter that copies requests, on each rule that sends users to the split Services. The filter is on the users' own rule: a
 * route of our own in front of it would be without the policies that name theirs, and its method would come before their headers.
 */
export function withMirror(route: Route, split: TrafficSplit): Route {
  const { mirror } = split;
  if (!mirror) return withoutMirror(route, split);
  return changed(route, (rule) => {
    const target = targetOf(rule, route, split);
    if (!target) return rule;
    const { name, port } = target;
    const wanted: Filter = {
      type: 'RequestMirror',
      requestMirror: {
        backendRef: { name, ...(port === undefined ? {} : { port }) },
        percent: mirror.percent,
      },
    };
    const filters = rule.filters ?? [];
    // an older definition of the kind drops the share; the filter is then no other one, and is not written again
    return filters.some((each) => isOurs(each, split)) ? rule : { ...rule, filters: [...filters, wanted] };
  });
}

export function withoutMirror(route: Route, split: TrafficSplit): Route {
  return changed(route, (rule) => {
    if (!rule.filters?.some((each) => isOurs(each, split))) return rule;
    const { filters: _, ...rest } = rule;
    const filters = rule.filters.filter((each) => !isOurs(each, split));
    return filters.length === 0 ? rest : { ...rest, filters };
  });
}

export function hasMirror(route: Route, split: TrafficSplit): boolean {
  return rulesOf(route).some(({ filters = [] }) => filters.some((each) => isOurs(each, split)));
}

/** What is not as it was written: the API server keeps only fields that it knows. */
export function droppedShare(route: Route, split: TrafficSplit): string | undefined {
  const { mirror } = split;
  const ours = rulesOf(route).flatMap(({ filters = [] }) => filters.filter((each) => isOurs(each, split)));
  if (!mirror || ours.every(({ requestMirror }) => requestMirror?.percent === mirror.percent))
    return undefined;
  return `the share of the copies is not ${mirror.percent} %: either somebody has changed it, or the definitions of Gateway API in this cluster are older than 1.3, which have none`;
}

/** Why requests of the routes cannot be copied. */
export function mirrorRefusals(routes: readonly Routed[], split: TrafficSplit): Refusal[] {
  return routes.flatMap((each) => {
    const name = routeName(each);
    const unable = controllersOf(each.route).find((controller) => !COPYING.has(controller));
    if (unable !== undefined) {
      return [
        refused(
          `${unable} serves ${name}, and it is not known to copy requests.`,
          'Traefik answers 500 to all users of a rule that asks for copies, and reports it as accepted.',
        ),
      ];
    }
    return rulesOf(each.route).flatMap((rule, index) => {
      const why = whyNot(rule, each.route, split);
      return why === undefined ? [] : [refused(`Rule ${index + 1} of ${name} ${why.what}`, why.hint)];
    });
  });
}

function whyNot(rule: Rule, route: Route, split: TrafficSplit): { what: string; hint: string } | undefined {
  const served = placesOf(rule, route, split);
  if (served.length === 0) return undefined;
  const others = (rule.backendRefs ?? []).filter(
    (ref, index) =>
      weightOf(ref) > 0 && !served.some(({ stable, canary }) => index === stable || index === canary),
  );
  if (served.length > 1 || others.length > 0) {
    return {
      what: 'sends to several Services, and requests of a rule are copied whatever Service they go to.',
      hint: 'Remove `mirror_requests`, or divide the rule.',
    };
  }
  const isGet = ({ method }: { method?: unknown }) => method === 'GET';
  const { matches = [] } = rule;
  if (split.mirror?.methods === 'all' || (matches.length > 0 && matches.every(isGet))) return undefined;
  return {
    what: 'takes requests of other methods than GET, and Gateway API copies all requests of a rule, so that those that write would write twice.',
    hint: 'Set `mirror_methods: all` if writing twice does no harm, or give GET a rule of its own (`method: GET`).',
  };
}

function controllersOf({ status }: Route): string[] {
  return [...new Set((status?.parents ?? []).map(({ controllerName = '' }) => controllerName))];
}

/** The canary's backend beside stable's own. */
function targetOf(
  rule: Rule,
  route: Route,
  split: TrafficSplit,
): (BackendRef & { name: string }) | undefined {
  const [place] = placesOf(rule, route, split);
  const own = place && rule.backendRefs?.[place.stable];
  return place && own ? { ...own, name: place.pair.canary } : undefined;
}

/** The canary's Service is made by the promotion, so that nobody else copies to it. */
function isOurs({ type, requestMirror }: Filter, { services }: TrafficSplit): boolean {
  const name = requestMirror?.backendRef?.name;
  return type === 'RequestMirror' && services.some(({ canary }) => canary === name);
}

function changed(route: Route, change: (rule: Rule) => Rule): Route {
  const rules = rulesOf(route).map(change);
  return rules.every((rule, index) => rule === rulesOf(route)[index]) ? route : withRules(route, rules);
}

function refused(message: string, hint: string): Refusal {
  return refusal(`\`mirror_requests\` cannot copy requests: ${message}`, hint, 'mirror-requests');
}
