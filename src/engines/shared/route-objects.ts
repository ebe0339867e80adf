import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { listIfServed } from '../../cluster/list-if-served.ts';
import { fixedSource, kindKey } from '../../cluster/object-source.ts';
import type { KubeObject, Resource } from '../../cluster/resource.ts';
import type { RouteObjects, TrafficRouter } from '../../traffic/router.ts';

/** A kind that is read, and what is unknown without it. */
interface Wanted {
  resource: Resource<KubeObject>;
  unread: string;
}

/**
 * Reads the objects of the routers' kinds once. A kind that the credentials may not list has none, and `unread` names it. What a router
 * reads besides its routes is read only if it has routes.
 *
 * @param isNeeded whether the routes have to be readable
 */
export async function readRouteObjects(
  cluster: Cluster,
  routers: readonly TrafficRouter[],
  isNeeded = false,
): Promise<RouteObjects & { unread: string[] }> {
  // two routers may read the same kind
  const kinds = new Set(routers.flatMap(({ resources }) => resources));
  const read = new Map(
    [...kinds].map((resource) => [
      resource,
      listOf(cluster, { resource, unread: `${resource.plural} (none was checked)` }, isNeeded),
    ]),
  );
  const listsOf = ({ resources }: TrafficRouter) =>
    Promise.all(resources.flatMap((each) => read.get(each) ?? []));
  const routes = await Promise.all(routers.map(listsOf));
  const own = await Promise.all(read.values());
  const found = fixedSource(own.map(({ resource, items = [] }) => [resource, items] as const));
  const optional = routers.flatMap((router, index) =>
    routes[index]?.some(({ items = [] }) => items.length > 0)
      ? router.optional.filter(({ isNeeded: isAsked }) => isAsked?.(found) ?? true)
      : [],
  );
  const besides = optional.filter(
    ({ resource }, index) => optional.findIndex((each) => each.resource === resource) === index,
  );
  const lists = [...own, ...(await Promise.all(besides.map((wanted) => listOf(cluster, wanted, false))))];
  const readable = new Set(lists.flatMap(({ resource, items }) => (items ? [kindKey(resource)] : [])));
  return {
    ...fixedSource(lists.map(({ resource, items = [] }) => [resource, items] as const)),
    isReadable: (resource) => readable.has(kindKey(resource)),
    unread: lists.flatMap(({ unread, items }) => (items ? [] : [unread])),
  };
}

/** The objects of a kind; without items if the credentials may not read it. */
async function listOf(
  cluster: Cluster,
  { resource, unread }: Wanted,
  isNeeded: boolean,
): Promise<Wanted & { items: readonly KubeObject[] | undefined }> {
  const list = listIfServed(cluster, resource);
  const answer = isNeeded ? await list : await orForbidden(list);
  return { resource, unread, items: answer?.items };
}
