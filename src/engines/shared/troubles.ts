import type { Cluster } from '../../cluster/client.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Trouble } from '../../workload/trouble.ts';

/** Last lines of a container that are shown with its trouble. */
const LINES = 10;

/**
 * Reports troubles that were not reported before, each with the last lines of its container.
 *
 * @param cluster the client for the namespace of the pods
 * @param reported keys of the troubles that were reported; grows
 */
export async function* newTroubleEvents(
  troubles: readonly Trouble[],
  reported: Set<string>,
  cluster: Cluster,
  signal: AbortSignal,
): AsyncGenerator<PromotionEvent, void> {
  for (const trouble of troubles) {
    const { pod, container, reason, message } = trouble;
    const key = `${cluster.namespace}/${pod} ${container} ${reason}`;
    if (reported.has(key)) continue;
    reported.add(key);
    const log = await lastWords(cluster, trouble, { signal });
    yield { type: 'trouble', pod, ...(container === undefined ? {} : { container }), reason, message, log };
  }
}

/**
 * The last lines of the container in trouble: of the run that ended, if there was one. Empty if they cannot
 * be read. Never throws.
 */
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
      // the log is only extra information: an unreachable node must not end a promotion
    }
  }
  return [];
}
