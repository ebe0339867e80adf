import type { Pod } from 'kubernetes-types/core/v1';

/** Whether a pod counts as ready, so that its Services send to it. */
export function isReady(pod: Pod): boolean {
  return readiness(pod)?.status === 'True';
}

/** Since when a pod is as ready as it is, in milliseconds since the epoch; 0 if that is not told. */
export function readySince(pod: Pod): number {
  return Date.parse(readiness(pod)?.lastTransitionTime ?? '') || 0;
}

/**
 * Whether a pod may have been ready before, so that a router may know it. The kubelet writes the condition first when it
 * takes the pod, and a later time of it when the pod turns ready, or back (times have whole seconds).
 */
export function mayHaveBeenReady(pod: Pod): boolean {
  if (isReady(pod)) return true;
  const taken = Date.parse(pod.status?.startTime ?? '') || 0;
  return readySince(pod) > taken + 1000;
}

function readiness({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
