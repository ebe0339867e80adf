import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { PersistentVolumeClaim, Service } from 'kubernetes-types/core/v1';
import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { listIfServed } from '../../../cluster/list-if-served.ts';
import { fixedSource, kindKey } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { RouteObjects, TrafficRouter } from '../../../traffic/router.ts';

/** What of the namespace a plan is made from, read once before anything is touched. */
export interface Inventory {
  deployments: readonly Deployment[];
  services: readonly Service[];
  /** The objects of the routers' kinds. */
  routes: RouteObjects;
  autoscalers: readonly HorizontalPodAutoscaler[];
  /** The volume claims of the workload's pods that exist. */
  claims: readonly PersistentVolumeClaim[];
  /** What the credentials may not read, so that it was not looked at; for a warning. */
  unread: readonly string[];
}

/** Reads the inventory: one list for each kind, and one request for each volume claim. */
export async function readInventory(
  cluster: Cluster,
  workload: string,
  routers: readonly TrafficRouter[],
): Promise<Inventory> {
  const [deployments, services, routes, autoscalers] = await Promise.all([
    cluster.list(kinds.deployments),
    cluster.list(kinds.services),
    readRoutes(cluster, routers),
    orForbidden(cluster.list(kinds.autoscalers)),
  ]);
  const deployment = deployments.items.find((each) => each.metadata?.name === workload);
  const names = (deployment?.spec?.template.spec?.volumes ?? []).flatMap(
    (volume) => volume.persistentVolumeClaim?.claimName ?? [],
  );
  const claims = await Promise.all(
    names.map(async (name) => {
      const answer = await orForbidden(cluster.get(kinds.volumeClaims, name).then((found) => ({ found })));
      return answer ? answer.found : ('forbidden' as const);
    }),
  );
  return {
    unread: [
      ...routes.unread,
      ...(autoscalers ? [] : ['horizontalpodautoscalers (one would scale stable down under a canary)']),
      ...(claims.includes('forbidden') ? ['persistentvolumeclaims (one may allow a single pod)'] : []),
    ],
    deployments: deployments.items,
    services: services.items,
    routes,
    autoscalers: autoscalers?.items ?? [],
    claims: claims.flatMap((claim) => (claim && claim !== 'forbidden' ? [claim] : [])),
  };
}

/** A kind that is read, and what is unknown without it. */
interface Wanted {
  resource: kinds.Resource<kinds.KubeObject>;
  unread: string;
}

/**
 * The objects of the routers' kinds, and what could not be read of them. What a router reads beside its routes is only read if it has
 * routes.
 */
async function readRoutes(
  cluster: Cluster,
  routers: readonly TrafficRouter[],
): Promise<RouteObjects & { unread: string[] }> {
  const isNeeded = routers.length === 1;
  const routes = await Promise.all(
    routers.map(({ resources }) =>
      Promise.all(
        resources.map((resource) =>
          listOf(cluster, { resource, unread: `${resource.plural} (none of them was looked at)` }, isNeeded),
        ),
      ),
    ),
  );
  const optional = routers.flatMap((router, index) =>
    routes[index]?.some(({ items = [] }) => items.length > 0) ? router.optional : [],
  );
  const lists = [
    ...routes.flat(),
    ...(await Promise.all(optional.map((wanted) => listOf(cluster, wanted, false)))),
  ];
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
): Promise<Wanted & { items: readonly kinds.KubeObject[] | undefined }> {
  const list = listIfServed(cluster, resource);
  const answer = isNeeded ? await list : await orForbidden(list);
  return { resource, unread, items: answer?.items };
}
