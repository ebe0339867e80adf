import type { Cluster } from '../cluster/client.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import { replicaFailure, type Trouble, troublesOf } from '../workload/trouble.ts';
import type { Observed } from './observed.ts';

/** Last lines of a container that are shown with its trouble. */
const LINES = 10;

/**
 * Tells troubles that have not been told, with the container's last words.
 *
 * @param told what has been told already; grows
 */
export async function* newTroubles(
  observed: Observed,
  cluster: Cluster,
  told: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  const deployments = [observed.canary, observed.baseline, observed.stable].flatMap((each) =>
    each ? [each] : [],
  );
  const troubles = [
    ...deployments.flatMap((deployment) => replicaFailure(deployment) ?? []),
    ...troublesOf(observed.canaryPods),
    ...troublesOf(observed.baselinePods),
    ...troublesOf(observed.renewedPods),
  ];
  for (const trouble of troubles) {
    const key = `${trouble.pod} ${trouble.container} ${trouble.reason}`;
    if (told.has(key)) continue;
    told.add(key);
    const { pod, container, reason, message } = trouble;
    const log = await lastWords(cluster, trouble, { signal });
    yield { type: 'trouble', pod, ...(container === undefined ? {} : { container }), reason, message, log };
  }
}

/** The last lines of the container that is in trouble, of the run that ended if there was one; none where they cannot be had. */
export async function lastWords(
  cluster: Cluster,
  { pod, container, previousLog }: Trouble,
  { signal, lines = LINES }: { signal?: AbortSignal; lines?: number } = {},
): Promise<string[]> {
  if (!previousLog || container === undefined) return [];
  for (const previous of [true, false]) {
    try {
      const options = { lines, previous, ...(signal ? { signal } : {}) };
      const text = await cluster.logs(pod, container, options);
      if (text.trim() !== '') return text.trimEnd().split('\n').slice(-lines);
    } catch {
      // the log is a help, not a need: a node that is away must not end a promotion
    }
  }
  return [];
}
