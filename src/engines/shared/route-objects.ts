import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { fixedSource, kindKey } from '../../cluster/object-source.ts';
import type { RouteObjects, TrafficRouter } from '../../traffic/router.ts';

/** Reads the objects of the routers' kinds once. A kind that the credentials may not list has none. */
export async function readRouteObjects(
  cluster: Cluster,
  routers: readonly TrafficRouter[],
): Promise<RouteObjects> {
  const kinds = routers.flatMap(({ resources, optional }) => [
    ...resources,
    ...optional.map(({ resource }) => resource),
  ]);
  const lists = await Promise.all(
    kinds.map(async (kind) => ({ kind, items: (await orForbidden(cluster.list(kind)))?.items })),
  );
  const readable = new Set(lists.flatMap(({ kind, items }) => (items ? [kindKey(kind)] : [])));
  return {
    ...fixedSource(lists.map(({ kind, items = [] }) => [kind, items] as const)),
    isReadable: (kind) => readable.has(kindKey(kind)),
  };
}
