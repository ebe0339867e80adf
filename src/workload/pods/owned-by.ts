import type { Pod } from 'kubernetes-types/core/v1';

const HASH_LABEL = 'pod-template-hash';
/** The longest name of a ReplicaSet. Its controller cuts the Deployment's name, and keeps the hash. */
const LONGEST_NAME = 253;

/**
 * The Deployment that made a pod; undefined if none did. The name of the pod's ReplicaSet is that of its
 * Deployment and the pod's `pod-template-hash` (kubernetes, pkg/controller/deployment/sync.go), so that no
 * ReplicaSet has to be read. Labels do not tell: other workloads may have all labels of this one.
 */
export function isPodOf({ metadata }: Pod, deployment: string): boolean {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller);
  const hash = metadata?.labels?.[HASH_LABEL];
  if (owner?.kind !== 'ReplicaSet' || hash === undefined) return false;
  return owner.name === `${deployment.slice(0, LONGEST_NAME - hash.length - 1)}-${hash}`;
}
