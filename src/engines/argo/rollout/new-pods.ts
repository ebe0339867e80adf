import { replicaFailure, type Trouble, troublesOf } from '../../../workload/trouble.ts';
import { type Snapshot, setOf } from './snapshot.ts';
import { hashOf } from './types.ts';

/** The pods of the new ReplicaSet, if it is not the stable one. */
export function newPods({ rollout, pods }: Snapshot): Snapshot['pods'] {
  const hash = rollout?.status?.currentPodHash;
  if (!hash || hash === rollout?.status?.stableRS) return [];
  return pods.filter((pod) => hashOf(pod) === hash);
}

/** The troubles of the new ReplicaSet, of its pods, and of the pods of experiments that have not ended. */
export function newTroubles(seen: Snapshot): Trouble[] {
  const { currentPodHash, stableRS } = seen.rollout?.status ?? {};
  const set = currentPodHash === stableRS ? undefined : setOf(seen, currentPodHash);
  const failure = set && replicaFailure(set);
  return [...(failure ? [failure] : []), ...troublesOf([...newPods(seen), ...seen.trials])];
}

export function fatalTrouble(seen: Snapshot): Trouble | undefined {
  return newTroubles(seen).find(({ weight }) => weight === 'fatal');
}
