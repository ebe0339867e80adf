import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { PersistentVolumeClaim, ResourceQuota, Service } from 'kubernetes-types/core/v1';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { listIfServed } from '../../../cluster/list-if-served.ts';
import * as kinds from '../../../cluster/resource.ts';
import { type OtherRoute, readOtherRoutes } from '../../../traffic/other-routes.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { switchedBack } from '../../../traffic/selector/note.ts';
import type { RouteObjects } from '../../../traffic/split.ts';
import { type ScaledObject, scaledObjects } from '../../../workload/autoscaling/scaled-object.ts';
import { readRouteObjects } from '../../shared/route-objects.ts';
import { mayTakeOut } from './finish/may-take-out.ts';
import { type NodeRoom, readNodeRoom } from './finish/node-room.ts';
import { type FoundFollower, readFollowers } from './followers/read-followers.ts';
import type { PromotionSpec } from './spec.ts';
import { readMonitors, type ScrapeMonitors } from './split/monitors.ts';

/** The objects of the namespace that a plan is made from, read once before the first write. */
export interface Inventory {
  deployments: readonly Deployment[];
  services: readonly Service[];
  /** The workloads that are to follow. */
  followers: readonly FoundFollower[];
  /** The objects of the routers' kinds. */
  routes: RouteObjects;
  /** Routes of kinds that no router of ours splits. */
  others: readonly OtherRoute[];
  autoscalers: readonly HorizontalPodAutoscaler[];
  /** KEDA's; empty if they may not be read. */
  scaledObjects: readonly ScaledObject[];
  /** The volume claims of the workload's pods that exist. */
  claims: readonly PersistentVolumeClaim[];
  /** What takes room on the nodes, if that matters and may be read. */
  nodeRoom: NodeRoom | undefined;
  /** The quotas of the namespace; empty if they may not be read. */
  quotas: readonly ResourceQuota[];
  networkPolicies: readonly NetworkPolicy[];
  /** Those of other namespaces. */
  foreignPolicies: readonly NetworkPolicy[];
  budgets: readonly PodDisruptionBudget[];
  /** Read if a check queries Prometheus. */
  monitors: ScrapeMonitors;
  /** Whether pods may be taken out of their Services before they end. */
  takesOut: boolean;
  /** What the credentials may not read, for a warning. */
  unread: readonly string[];
}

const NO_MONITORS = { ofServices: [], ofPods: [], unread: [] } as const;

/** Reads the inventory: one list for each kind, and one request for each volume claim. */
export async function readInventory(
  cluster: Cluster,
  spec: Pick<PromotionSpec, 'workload' | 'queries' | 'finish' | 'strategy' | 'steps' | 'followers'>,
  routers: readonly TrafficRouter[],
  controllerNamespace?: string,
): Promise<Inventory> {
  const { workload, queries } = spec;
  const listed = cluster.list(kinds.services);
  const [
    deployments,
    services,
    routes,
    others,
    autoscalers,
    scaled,
    quotas,
    policies,
    monitors,
    takesOut,
    nodeRoom,
    followers,
  ] = await Promise.all([
    cluster.list(kinds.deployments),
    listed,
    readRouteObjects(cluster, routers, routers.length === 1, controllerNamespace, [[kinds.services, listed]]),
    readOtherRoutes(cluster),
    orForbidden(cluster.list(kinds.autoscalers)),
    orForbidden(listIfServed(cluster, scaledObjects)),
    orForbidden(cluster.list(kinds.resourceQuotas)),
    readPolicies(cluster),
    queries ? readMonitors(cluster) : NO_MONITORS,
    mayTakeOut(cluster),
    readNodeRoom(cluster, spec),
    readFollowers(cluster, spec.followers),
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
      ...(autoscalers
        ? []
        : ['horizontalpodautoscalers (one could scale stable down while the canary takes all users)']),
      ...(quotas ? [] : ['resourcequotas (one may have no room for a second set of pods)']),
      ...(claims.includes('forbidden') ? ['persistentvolumeclaims (one may allow a single pod only)'] : []),
      ...policies.unread,
      ...monitors.unread,
    ],
    deployments: deployments.items,
    // what a promotion has switched is planned with as it was
    services: services.items.map(switchedBack),
    followers,
    routes,
    others,
    autoscalers: autoscalers?.items ?? [],
    scaledObjects: scaled?.items ?? [],
    quotas: quotas?.items ?? [],
    nodeRoom,
    networkPolicies: policies.networkPolicies,
    foreignPolicies: policies.foreignPolicies,
    budgets: policies.budgets,
    monitors,
    takesOut,
    claims: claims.flatMap((claim) => (claim && claim !== 'forbidden' ? [claim] : [])),
  };
}

/** What may know stable's pods by the split label. Nothing of it is needed if nothing is split. */
async function readPolicies(
  cluster: Cluster,
): Promise<Pick<Inventory, 'networkPolicies' | 'foreignPolicies' | 'budgets' | 'unread'>> {
  const [everywhere, budgets] = await Promise.all([
    orForbidden(cluster.list(kinds.allNetworkPolicies)),
    orForbidden(cluster.list(kinds.disruptionBudgets)),
  ]);
  const here = everywhere ? undefined : await orForbidden(cluster.list(kinds.networkPolicies));
  const isHere = ({ metadata }: NetworkPolicy) => metadata?.namespace === cluster.namespace;
  return {
    networkPolicies: here?.items ?? everywhere?.items.filter(isHere) ?? [],
    foreignPolicies: everywhere?.items.filter((each) => !isHere(each)) ?? [],
    budgets: budgets?.items ?? [],
    unread: [
      ...(everywhere
        ? []
        : here
          ? ['networkpolicies of other namespaces (one may cut the canary off)']
          : ['networkpolicies (one may cut the canary off)']),
      ...(budgets ? [] : ['poddisruptionbudgets (the canary has none)']),
    ],
  };
}
