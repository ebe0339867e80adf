import type { Service } from 'kubernetes-types/core/v1';
import type { TrafficRouter } from '../../../traffic/router.ts';
import type { RouteObjects, TrafficSplit } from '../../../traffic/split.ts';
import { canaryName } from '../../../workload/names.ts';
import { selects } from '../../../workload/relations.ts';
import type { KeelWorkload } from '../forecast/workload.ts';

/**
 * What leads the users to a workload. Nothing is split: the split only names the Services and routes to count.
 */
export interface UsersRoute {
  router: TrafficRouter;
  split: TrafficSplit;
}

/** Refusals that are about a canary's own objects, which an update by Keel does not have. */
const ABOUT_CANARY: readonly string[] = ['foreign-canary', 'name-taken'];

/**
 * Finds the route of the users to a workload, as the native engine finds it. Pure.
 *
 * @param services undefined if the credentials may not list them
 * @returns why there is no route that a router could count
 */
export function routeOf(
  { namespace, name: workload, podLabels }: KeelWorkload,
  services: readonly Service[] | undefined,
  routes: RouteObjects,
  routers: readonly TrafficRouter[],
): UsersRoute | { none: string } {
  if (!podLabels) return { none: 'its pods serve no users.' };
  if (!services) return { none: mayNotList('services', namespace) };
  const selecting = services.filter((each) => selects(each, podLabels)).map(nameOf);
  if (selecting.length === 0) return { none: `no Service of namespace ${namespace} selects its pods.` };
  const router = routers.find((each) => selecting.some((service) => each.backends(routes).has(service)));
  if (!router) return { none: withoutRoute(selecting, namespace, routes, routers) };
  const routed = selecting.filter((service) => router.backends(routes).has(service));
  const found = router.discover({ workload, services: routed, insists: true }, routes);
  const refusal = found.refusals.find(({ code }) => !ABOUT_CANARY.includes(code));
  if (refusal) return { none: refusal.message };
  const pairs = routed.map((stable) => ({ stable, canary: canaryName(stable, 63) }));
  return { router, split: { namespace, workload, services: pairs, routes: found.routes } };
}

function withoutRoute(
  services: readonly string[],
  namespace: string,
  routes: RouteObjects,
  routers: readonly TrafficRouter[],
): string {
  const unread = routers.flatMap(({ resources }) => resources).find((each) => !routes.isReadable(each));
  if (unread) return mayNotList(unread.plural, namespace);
  if (routers.length === 0) return 'the router of `traffic` counts no requests.';
  return `no route leads to ${services.map((each) => `Service/${each}`).join(' or ')}.`;
}

function mayNotList(plural: string, namespace: string): string {
  return `the credentials may not \`list\` ${plural} in namespace ${namespace}, so its route is not known.`;
}

function nameOf({ metadata }: Service): string {
  return metadata?.name ?? '';
}
