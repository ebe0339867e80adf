import type { Pod, ResourceRequirements } from 'kubernetes-types/core/v1';

/** What the node can hold. Only what the scenarios run out of: pods and memory. */
export interface Capacity {
  pods: number;
  memory: number;
}

const units: Record<string, number> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Bytes of a quantity such as `256Mi`. An unreadable one throws: counted as nothing it would make every pod fit. */
export function bytesOf(quantity: string | number): number {
  const found = /^(\d+(?:\.\d*)?(?:e\d+)?)([A-Za-z]*)$/.exec(String(quantity));
  const unit = units[found?.[2] ?? ''];
  if (!found || unit === undefined) throw new Error(`not a quantity: ${quantity}`);
  return Number(found[1]) * unit;
}

/** A pod's memory request: the sum of its containers, or its largest init container where that is more. */
export function memoryOf(pod: Pick<Pod, 'spec'>): number {
  const spec = pod.spec;
  const together = (spec?.containers ?? []).reduce((sum, one) => sum + requested(one.resources), 0);
  const before = (spec?.initContainers ?? []).map((one) => requested(one.resources));
  return Math.max(together, ...before);
}

/** Why a pod does not fit beside those already on the node, in the scheduler's words; undefined when it does. */
export function unfit(
  pod: Pick<Pod, 'spec'>,
  placed: Iterable<Pick<Pod, 'spec'>>,
  capacity: Capacity,
): string | undefined {
  let pods = 0;
  let memory = 0;
  for (const one of placed) {
    pods += 1;
    memory += memoryOf(one);
  }
  const reasons: string[] = [];
  if (memory + memoryOf(pod) > capacity.memory) reasons.push('1 Insufficient memory');
  if (pods + 1 > capacity.pods) reasons.push('1 Too many pods');
  return reasons.length > 0 ? `0/1 nodes are available: ${reasons.join(', ')}.` : undefined;
}

/** A pod that has ended holds no room, as long as it may still be listed. */
export function holdsRoom(pod: Pod): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

/** The API server makes a request of a limit that has none; objects that did not pass it are read the same way. */
function requested(resources: ResourceRequirements | undefined): number {
  return bytesOf(resources?.requests?.memory ?? resources?.limits?.memory ?? 0);
}
