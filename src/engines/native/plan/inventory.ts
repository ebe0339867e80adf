import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { PersistentVolumeClaim, Service } from 'kubernetes-types/core/v1';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';

/** What of the namespace a plan is made from, read once before anything is touched. */
export interface Inventory {
  deployments: readonly Deployment[];
  services: readonly Service[];
  ingresses: readonly Ingress[];
  /** undefined where the credentials may not read them (they are no part of the namespace). */
  classes: readonly IngressClass[] | undefined;
  autoscalers: readonly HorizontalPodAutoscaler[];
  /** The volume claims of the workload's pods that exist. */
  claims: readonly PersistentVolumeClaim[];
  /** What the credentials may not read, so that it was not looked at; for a warning. */
  unread: readonly string[];
}

/** Reads the inventory: six requests, and one for each volume claim. */
export async function readInventory(cluster: Cluster, workload: string): Promise<Inventory> {
  const [deployments, services, ingresses, classes, autoscalers] = await Promise.all([
    cluster.list(kinds.deployments),
    cluster.list(kinds.services),
    cluster.list(kinds.ingresses),
    orForbidden(cluster.list(kinds.ingressClasses)),
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
      ...(classes ? [] : ['ingressclasses (only the class "nginx" is believed to be ingress-nginx)']),
      ...(autoscalers ? [] : ['horizontalpodautoscalers (one would scale stable down under a canary)']),
      ...(claims.includes('forbidden') ? ['persistentvolumeclaims (one may allow a single pod)'] : []),
    ],
    deployments: deployments.items,
    services: services.items,
    ingresses: ingresses.items,
    classes: classes?.items,
    autoscalers: autoscalers?.items ?? [],
    claims: claims.flatMap((claim) => (claim && claim !== 'forbidden' ? [claim] : [])),
  };
}
