import type { Cluster } from '../../../cluster/client.ts';
import type { PromotionEvent } from '../../../events.ts';
import { replicaFailure, troublesOf } from '../../../workload/trouble.ts';
import { newTroubleEvents as reportNew } from '../../shared/troubles.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Reports what is wrong with the pods of canary, baseline and stable, each trouble once (shared/troubles.ts).
 *
 * @param told what was reported before; grows
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
  yield* reportNew(troubles, told, cluster, signal);
}
