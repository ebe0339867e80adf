import type { Pod } from 'kubernetes-types/core/v1';

/** Whether a pod counts as ready, so that its Services send to it. */
export function isReady(pod: Pod): boolean {
  return readiness(pod)?.status === 'True';
}

/** Since when a pod is as ready as it is, in milliseconds since the epoch; 0 if that is not told. */
export function readySince(pod: Pod): number {
  return Date.parse(readiness(pod)?.lastTransitionTime ?? '') || 0;
}

function readiness({ status }: Pod) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
