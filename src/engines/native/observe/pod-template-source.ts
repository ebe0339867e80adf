import type { Deployment } from 'kubernetes-types/apps/v1';
import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';
import { isPodOf } from '../../../workload/pods/owned-by.ts';
import type { PodTemplateSource } from '../../shared/image-context.ts';

/** The Deployment's pod template and its pods, fetched at the first use and cached. */
export function podTemplateSource(cluster: Cluster, workload: string): PodTemplateSource {
  let pending: Promise<Deployment | undefined> | undefined;
  const deployment = () => {
    // by a list, because a dry run has only that right; if it is missing, the promotion reports that itself
    pending ??= orForbidden(
      cluster.list(kinds.deployments, { fieldSelector: `metadata.name=${workload}` }),
    ).then((list) => list?.items[0]);
    return pending;
  };
  return {
    template: async () => (await deployment())?.spec?.template,
    async pods() {
      const labels = Object.entries((await deployment())?.spec?.selector.matchLabels ?? {});
      if (labels.length === 0) return [];
      const labelSelector = labels.map(([key, value]) => `${key}=${value}`).join(',');
      const { items } = await cluster.list(kinds.pods, { labelSelector });
      // another workload may have all of these labels
      return items.filter((pod) => isPodOf(pod, workload));
    },
  };
}
