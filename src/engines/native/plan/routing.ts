import { lackOf, right } from '../../../cluster/access.ts';
import type { Cluster } from '../../../cluster/client.ts';
import type { KubeObject, Resource } from '../../../cluster/resource.ts';
import { PromoteError, type Refusal } from '../../../errors.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import type { Discovery, RouteObjects, SplitTarget } from '../../../traffic/split.ts';
import type { Inventory } from './inventory.ts';
import type { PromotionSpec } from './spec.ts';

/**
 * The first router whose routes lead to the workload and can be split; if none can, the first one that leads there, or the first of all,
 * so that the refusal is about its routes. If nothing leads there, blue/green gets a router that needs no route.
 */
export function routerFor(
  spec: PromotionSpec,
  selecting: readonly string[],
  { routes }: Inventory,
  routers: readonly TrafficRouter[],
): TrafficRouter {
  const [first] = routers;
  if (!first) throw new PromoteError('internal', 'There is no router to plan with.');
  const routed = routers.filter(({ movesAll }) => movesAll === undefined);
  const leading = routed.filter((router) => routedBy(router, selecting, routes).length > 0);
  const able = leading.find((router) => {
    const names = routedBy(router, selecting, routes);
    return router.discover(targetOf(spec, names), routes).refusals.length === 0;
  });
  return able ?? leading[0] ?? withoutRoutes(selecting, routes, routers) ?? first;
}

/** The router that needs no route, if nothing leads to the Services. A kind that may not be read may have a route. */
function withoutRoutes(
  services: readonly string[],
  routes: RouteObjects,
  routers: readonly TrafficRouter[],
): TrafficRouter | undefined {
  const isKnown = routers.flatMap(({ resources }) => resources).every((each) => routes.isReadable(each));
  if (!isKnown || services.length === 0) return undefined;
  return routers.find(({ movesAll }) => movesAll !== undefined);
}

/** Why a plan has a router that needs no route; nothing if it has another one, or if the user names it. */
export function whyWithoutRoutes(
  router: TrafficRouter,
  { traffic }: PromotionSpec,
  routers: readonly TrafficRouter[],
): string[] {
  if (router.movesAll === undefined || traffic !== 'auto') return [];
  const kinds = routers
    .filter(({ movesAll }) => movesAll === undefined)
    .flatMap(({ resources }) => resources.map(({ kind }) => kind));
  return [
    `router: ${router.name}, because no route of the namespace sends to the Service (looked at: ${[...new Set(kinds)].join(', ')}). ${router.movesAll}`,
  ];
}

/** The Services among these that a router's routes send to. */
function routedBy(router: TrafficRouter, services: readonly string[], routes: RouteObjects): string[] {
  const behind = router.backends(routes);
  return services.filter((name) => behind.has(name));
}

/** What the router finds, and who comes by the routes of another router, which this promotion does not split. */
export function discoverBy(
  router: TrafficRouter,
  { services, ...pods }: Pick<SplitTarget, 'services' | 'pods'>,
  spec: PromotionSpec,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): Discovery {
  const { routes } = inventory;
  const target = { ...targetOf(spec, services), ...pods };
  const found = router.discover(target, routes);
  if (found.routes.length === 0) return { ...found, refusals: noRoutes(target, spec, inventory, routers) };
  if (router.movesAll !== undefined) return found;
  const others = routers.filter((each) => each !== router && each.movesAll === undefined);
  const besides = others.flatMap((other) => {
    const names = routedBy(other, services, routes);
    if (names.length === 0) return [];
    const sending = other.discover({ ...target, services: names }, routes).routes;
    const described = sending.map(({ stable }) => other.describe(stable));
    // its routes cannot be split by it either; of kinds that the router knows itself, that one has told
    if (described.length === 0 && other.resources.every((each) => router.resources.includes(each))) return [];
    if (described.length === 0)
      return names.map((name) => `those who come to Service/${name} by ${kindsOf(other)}`);
    return described.map((each) => `those of ${each} (\`traffic: ${other.name}\` would split it instead)`);
  });
  return { ...found, staying: [...found.staying, ...besides] };
}

/** `Ingress`, or `HTTPRoute or GRPCRoute`. */
function kindsOf({ resources }: TrafficRouter): string {
  return resources.map(({ kind }) => kind).join(' or ');
}

/**
 * Why no router has a route: what the first one says, and those that have routes here. Of kinds that the credentials may not read, only
 * that is said.
 */
function noRoutes(
  target: SplitTarget,
  { namespace, traffic }: PromotionSpec,
  { routes }: Inventory,
  all: readonly TrafficRouter[],
): Refusal[] {
  const routers = all.length === 1 ? all : all.filter(({ movesAll }) => movesAll === undefined);
  const unread = routers.flatMap(({ resources }) => resources.filter((each) => !routes.isReadable(each)));
  const read = routers.filter(({ resources }) => resources.every((each) => routes.isReadable(each)));
  // a kind that two routers read says nothing of the second one
  const isOwn = (index: number) => (kind: Resource<KubeObject>) =>
    read.findIndex(({ resources }) => resources.includes(kind)) === index;
  const known = read.filter(
    ({ resources }, index) =>
      index === 0 || resources.filter(isOwn(index)).some((each) => routes.all(each).length > 0),
  );
  return [
    ...(unread.length > 0
      ? [
          lackOf(
            unread.flatMap((each) => right(each, 'list')),
            namespace,
          ),
        ]
      : []),
    ...known
      .flatMap((router) => router.discover(target, routes).refusals)
      .map((refusal, index) => (index === 0 && traffic === 'auto' ? withOtherWays(refusal) : refusal)),
  ];
}

/** What a canary cannot do without a route, other strategies and routers can. */
function withOtherWays(refusal: Refusal): Refusal {
  const ways =
    'If other pods or a load balancer send to the Service itself: `traffic: replicas` gives the canary its share of the pods, and `strategy: bluegreen` switches all users at once.';
  return { ...refusal, hint: [...(refusal.hint === undefined ? [] : [refusal.hint]), ways].join(' ') };
}

function targetOf({ workload, steer, traffic }: PromotionSpec, services: readonly string[]): SplitTarget {
  return { workload, services, insists: traffic !== 'auto', ...(steer ? { steer } : {}) };
}

/**
 * The router whose rights a refusal names before a plan could choose one: the first whose objects the
 * credentials may list, or the first of all.
 */
export async function likelyRouter(
  cluster: Cluster,
  routers: readonly TrafficRouter[],
): Promise<TrafficRouter | undefined> {
  for (const router of routers.filter(({ movesAll }) => movesAll === undefined)) {
    const lists = router.rightsFor('look').filter(({ verb }) => verb === 'list');
    const allowed = await Promise.all(lists.map((each) => cluster.may(each)));
    if (allowed.every(Boolean)) return router;
  }
  return routers[0];
}
