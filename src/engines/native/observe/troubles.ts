import type { Cluster } from '../../../cluster/client.ts';
import type { PromotionEvent } from '../../../events.ts';
import { replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import { lastWords } from '../../shared/last-words.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Tells troubles that have not been told, with the container's last words.
 *
 * @param told what has been told already; grows
 */
export async function* newTroubleEvents(
  observed: Snapshot,
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
