import type { Cluster } from '../../cluster/client.ts';
import type { Trouble } from '../../workload/trouble.ts';

/** Last lines of a container that are shown with its trouble. */
const LINES = 10;

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
