import { orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';
import {
  isPodOfWorkload,
  type NamedWorkload,
  resourceOf,
  type Workload,
} from '../../../workload/rolling/kinds.ts';
import { selectorOf } from '../../../workload/rolling/revisions.ts';
import type { PodTemplateSource } from '../../shared/image-context.ts';

/** The pod template of a workload and its pods, fetched at the first use and cached. */
export function podTemplateSource(cluster: Cluster, named: NamedWorkload): PodTemplateSource {
  let pending: Promise<Workload | undefined> | undefined;
  const workload = () => {
    // by a list, because a dry run has only that right; if it is missing, the promotion reports that itself
    pending ??= orForbidden(
      cluster.list(resourceOf(named.kind), { fieldSelector: `metadata.name=${named.workload}` }),
    ).then((list) => list?.items[0]);
    return pending;
  };
  return {
    template: async () => (await workload())?.spec?.template,
    async pods() {
      const found = await workload();
      const labelSelector = found ? selectorOf(found) : '';
      if (labelSelector === '') return [];
      const { items } = await cluster.list(kinds.pods, { labelSelector });
      // another workload may have all of these labels
      return items.filter((pod) => isPodOfWorkload(pod, named));
    },
  };
}
