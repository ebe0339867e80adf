import type { Pod } from 'kubernetes-types/core/v1';

/** The annotation of a pod that was taken out, as JSON. Whoever takes over reads it there. */
const LEFT = 'drone-promote/left';

export interface Left {
  /** The ReplicaSet that has lost the pod, and how many pods it may have from then on. */
  set: string;
  to: number;
  /** When its address had left the EndpointSlices, in milliseconds since the epoch. */
  outAt?: number;
}

/** The pod with a label that no Service selects, and with a note. */
export function takenOut(pod: Pod, { key, value }: { key: string; value: string }, left: Left): Pod {
  const { metadata } = pod;
  return noted({ ...pod, metadata: { ...metadata, labels: { ...metadata?.labels, [key]: value } } }, left);
}

/** The pod with another note. */
export function noted(pod: Pod, left: Left): Pod {
  const { metadata } = pod;
  const annotations = { ...metadata?.annotations, [LEFT]: JSON.stringify(left) };
  return { ...pod, metadata: { ...metadata, annotations } };
}

/** A note that somebody has removed names no ReplicaSet. */
export function noteOf({ metadata }: Pod): Left {
  try {
    return JSON.parse(metadata?.annotations?.[LEFT] ?? '');
  } catch {
    return { set: '', to: 0 };
  }
}
