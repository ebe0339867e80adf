import type { Cluster } from '../../../cluster/client.ts';
import * as core from '../../../cluster/resource.ts';
import type { PodTemplateSource } from '../../shared/image-context.ts';
import { findRollout } from './template.ts';
import { HASH_LABEL } from './types.ts';

/**
 * The pod template of a Rollout, its own or that of the Deployment in its workloadRef, and the pods of its
 * new ReplicaSet.
 */
export function podTemplateSource(cluster: Cluster, name: string): PodTemplateSource {
  return {
    async template() {
      const { spec } = await findRollout(cluster, name);
      const ref = spec?.workloadRef?.name;
      if (ref === undefined) return spec?.template;
      const { items } = await cluster.list(core.deployments, { fieldSelector: `metadata.name=${ref}` });
      return items[0]?.spec?.template;
    },
    async pods() {
      const { status } = await findRollout(cluster, name);
      if (!status?.currentPodHash) return [];
      const labelSelector = `${HASH_LABEL}=${status.currentPodHash}`;
      return (await cluster.list(core.pods, { labelSelector })).items;
    },
  };
}
