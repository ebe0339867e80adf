import type { ObjectSource } from '../../cluster/object-source.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { Refusal } from '../../errors.ts';
import { effective, placesOf } from '../in-place/places.ts';
import type { TrafficSplit } from '../split.ts';
import { isAdded, isMirrorOf, mirrorName } from './added-rules.ts';
import { servicesNamed } from './discover.ts';
import { sceneOf } from './entries.ts';
import {
  type HttpRule,
  httpOf,
  type Match,
  type VirtualService,
  virtualServices,
  withHttp,
} from './kinds.ts';
import { refusal } from './refusals.ts';

const GET = 'GET';

/**
 * The VirtualService with a rule in front of each users' rule that leads to the split Services: the same rule, for the methods that are
 * copied, with the copies. The users' rule keeps its shape, and takes all other requests.
 */
export function withMirror(service: VirtualService, split: TrafficSplit): VirtualService {
  const users = withoutMirror(service, split.workload);
  if (!split.mirror) return users;
  let at = 0;
  const http = httpOf(users).flatMap((rule) => {
    if (isAdded(rule)) return [rule];
    return [...copyOf(rule, users, split, () => at++), rule];
  });
  return at === 0 ? users : withHttp(users, http);
}

export function withoutMirror(service: VirtualService, workload: string): VirtualService {
  if (!hasMirror(service, workload)) return service;
  return withHttp(
    service,
    httpOf(service).filter((rule) => !isMirrorOf(rule, workload)),
  );
}

export function hasMirror(service: VirtualService, workload: string): boolean {
  return httpOf(service).some((rule) => isMirrorOf(rule, workload));
}

/** Why requests of the VirtualServices cannot be copied. */
export function mirrorRefusals(split: TrafficSplit, objects: ObjectSource): Refusal[] {
  const named = servicesNamed(
    split.routes.map(({ stable }) => stable),
    objects,
  );
  return named.flatMap((service) => {
    const users = httpOf(service).filter((rule) => !isAdded(rule));
    return users.flatMap((rule, index) => {
      const why = whyNot(rule, service, split);
      const where = rule.name === undefined ? `Rule ${index + 1}` : `Rule "${rule.name}"`;
      return why === undefined
        ? []
        : [
            refusal(
              `\`mirror_requests\` cannot copy requests: ${where} of ${nameOf(virtualServices, service)} ${why}`,
              'Remove `mirror_requests`, or what stands in its way.',
              'mirror-requests',
            ),
          ];
    });
  });
}

function whyNot(rule: HttpRule, service: VirtualService, split: TrafficSplit): string | undefined {
  const to = targetsOf(rule, service, split);
  if (to.places.length === 0) return undefined;
  if (rule.mirror !== undefined || (rule.mirrors ?? []).length > 0)
    return 'copies its requests already, to somewhere else.';
  if (to.places.length > 1 || to.others)
    return 'sends to several Services, and Istio copies the requests of a rule whatever Service they go to.';
  if (matchesOf(rule, split).length === 0)
    return 'matches methods of which GET is not known to be one, and only GET is copied (`mirror_methods`).';
  return undefined;
}

/** Where a rule sends users: split Services, and others besides. */
function targetsOf(rule: HttpRule, service: VirtualService, split: TrafficSplit) {
  const scene = sceneOf(service, split);
  const all = rule.route ?? [];
  const weights = effective(scene.dialect, all);
  const places = placesOf(scene, all).filter(({ stable }) => (weights[stable] ?? 0) > 0);
  const own = new Set(placesOf(scene, all).flatMap(({ stable, canary }) => [stable, canary]));
  const others = weights.some((weight, index) => weight > 0 && !own.has(index));
  return { scene, places, others };
}

/** The matches of the rule for the methods that are copied. */
function matchesOf({ match = [] }: HttpRule, { mirror }: TrafficSplit): Match[] {
  const all = match.length > 0 ? match : [{}];
  if (mirror?.methods === 'all') return all;
  return all
    .filter(({ method }) => method === undefined || method.exact === GET)
    .map((each) => ({ ...each, method: { exact: GET } }));
}

function copyOf(
  rule: HttpRule,
  service: VirtualService,
  split: TrafficSplit,
  next: () => number,
): HttpRule[] {
  const { mirror } = split;
  const { scene, places, others } = targetsOf(rule, service, split);
  const [place] = places;
  const own = place && rule.route?.[place.stable];
  const match = matchesOf(rule, split);
  if (!mirror || !place || !own || others || places.length > 1 || match.length === 0) return [];
  const { destination } = scene.dialect.toCanary(own, place.pair.canary);
  return [
    {
      ...rule,
      name: mirrorName(split.workload, next()),
      match,
      ...(destination ? { mirror: destination } : {}),
      mirrorPercentage: { value: mirror.percent },
    },
  ];
}
