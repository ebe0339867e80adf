import type { Cluster } from '../../../cluster/client.ts';
import type { PromotionEvent } from '../../../events.ts';
import { replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import { newTroubleEvents as reportNew } from '../../shared/troubles.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Reports troubles of the pods of canary, baseline and stable, each once (shared/troubles.ts).
 *
 * @param reported keys of the troubles that were reported; grows
 */
export async function* newTroubleEvents(
  observed: Snapshot,
  cluster: Cluster,
  reported: Set<string>,
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
    ...observed.followers.flatMap((each) => troublesOf(each.newPods)),
  ];
  yield* reportNew(troubles, reported, cluster, signal);
}
