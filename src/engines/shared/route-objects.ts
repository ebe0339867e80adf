import type { Pod } from 'kubernetes-types/core/v1';
import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { listIfServed } from '../../cluster/list-if-served.ts';
import { fixedSource, kindKey } from '../../cluster/object-source.ts';
import type { KubeObject, Resource } from '../../cluster/resource.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import type { RouteObjects } from '../../traffic/split.ts';

/** A kind that is read, and what is unknown without it. */
interface Wanted {
  resource: Resource<KubeObject>;
  unread: string;
}

/** A kind, and the list of its objects that is under way. */
type Listed = readonly [Resource<KubeObject>, Promise<{ items: readonly KubeObject[] }>];

/**
 * Reads the objects of the routers' kinds once. A kind that the credentials may not list has none, and `unread` names it. What a router
 * reads besides its routes is read only if it has routes.
 *
 * @param isNeeded whether the routes have to be readable
 * @param controllerNamespace where the routers' controllers run; undefined to read none of them
 * @param known kinds that the caller lists anyway
 */
export async function readRouteObjects(
  cluster: Cluster,
  routers: readonly TrafficRouter[],
  isNeeded = false,
  controllerNamespace?: string,
  known: readonly Listed[] = [],
): Promise<RouteObjects & { unread: string[] }> {
  // two routers may read the same kind
  const kinds = new Set(routers.flatMap(({ resources }) => resources));
  const read = new Map(
    [...kinds].map((resource) => [
      resource,
      listOf(cluster, { resource, unread: `${resource.plural} (none was checked)` }, isNeeded, known),
    ]),
  );
  const listsOf = ({ resources }: TrafficRouter) =>
    Promise.all(resources.flatMap((each) => read.get(each) ?? []));
  const routes = await Promise.all(routers.map(listsOf));
  const own = await Promise.all(read.values());
  const found = fixedSource(own.map(({ resource, items = [] }) => [resource, items] as const));
  const used = routers.filter((_, index) => routes[index]?.some(({ items = [] }) => items.length > 0));
  const optional = used.flatMap((router) =>
    router.optional.filter(({ isNeeded: isAsked }) => isAsked?.(found) ?? true),
  );
  const controllers = Promise.all(
    used.map((router) => controllerPodsOf(router, cluster, controllerNamespace)),
  );
  const besides = optional.filter(
    ({ resource }, index) => optional.findIndex((each) => each.resource === resource) === index,
  );
  const lists = [...own, ...(await Promise.all(besides.map((wanted) => listOf(cluster, wanted, false))))];
  const readable = new Set(lists.flatMap(({ resource, items }) => (items ? [kindKey(resource)] : [])));
  return {
    ...fixedSource(lists.map(({ resource, items = [] }) => [resource, items] as const)),
    isReadable: (resource) => readable.has(kindKey(resource)),
    controllers: (await controllers).flat(),
    unread: lists.flatMap(({ unread, items }) => (items ? [] : [unread])),
  };
}

/** The pods of a router's controller; none if they may not be read. */
async function controllerPodsOf(
  { controllerPods }: TrafficRouter,
  cluster: Cluster,
  namespace: string | undefined,
): Promise<readonly Pod[]> {
  if (namespace === undefined || !controllerPods) return [];
  return (await orForbidden(controllerPods(cluster, namespace))) ?? [];
}

/** The objects of a kind; without items if the credentials may not read it. */
async function listOf(
  cluster: Cluster,
  { resource, unread }: Wanted,
  isNeeded: boolean,
  known: readonly Listed[] = [],
): Promise<Wanted & { items: readonly KubeObject[] | undefined }> {
  const list = known.find(([kind]) => kind === resource)?.[1] ?? listIfServed(cluster, resource);
  const answer = isNeeded ? await list : await orForbidden(list);
  return { resource, unread, items: answer?.items };
}
