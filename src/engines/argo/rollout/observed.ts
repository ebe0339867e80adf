import { integer } from './phase.ts';
import { carries, type Snapshot, setOf } from './snapshot.ts';
import type { Rollout } from './types.ts';

/**
 * What the controller must have seen before anything that the Rollout says is believed, and before anything
 * is sent to it.
 */
export interface Wanted {
  /** The image of each container that counts, by its name. */
  images: Readonly<Record<string, string>>;
  /** `metadata.generation` of the Rollout, as the write (or the first look) returned it. */
  generation: number;
  /** The same of the Deployment of a `workloadRef`. */
  workloadGeneration: number | undefined;
}

/**
 * Whether the status speaks of the wanted template. The generations alone do not say it: with a `workloadRef`
 * the Rollout's own does not change, and both are counted before the ReplicaSet is there. So the ReplicaSet
 * of `currentPodHash`, one that this Rollout owns, must carry the image. The hash is never computed here: how
 * it is made differs between versions of the controller.
 */
export function isObserved(seen: Snapshot, wanted: Wanted): boolean {
  const { rollout } = seen;
  if (!rollout || !generationsSeen(rollout, wanted)) return false;
  return carries(setOf(seen, rollout.status?.currentPodHash)?.spec?.template, wanted.images);
}

function generationsSeen({ metadata, spec, status }: Rollout, wanted: Wanted): boolean {
  const least = Math.max(wanted.generation, metadata?.generation ?? 0);
  if (integer(status?.observedGeneration, 0) < least) return false;
  if (!spec?.workloadRef) return true;
  // >=: where the controller scales the Deployment down, it raises the generation itself
  return integer(status?.workloadObservedGeneration, 0) >= (wanted.workloadGeneration ?? 0);
}

/**
 * Whether the new ReplicaSet is the stable one, and users are on it: with a phase Healthy that is the success
 * of a promotion.
 */
export function isStable({ spec, status }: Rollout): boolean {
  const hash = status?.currentPodHash ?? '';
  if (hash === '' || hash !== status?.stableRS) return false;
  return !spec?.strategy?.blueGreen || status.blueGreen?.activeSelector === hash;
}

/** Whether the controller was told to go on past a pause, by a promotion or a full one, and has not. */
export function isUnpausing({ status }: Rollout): boolean {
  const isPaused = Boolean(status?.pauseConditions?.length);
  return isPaused ? status?.promoteFull === true : status?.controllerPause === true;
}

/** Blue-green: whether all the users are on a release that is not the stable one yet. */
export function isServing({ status }: Rollout): boolean {
  const { currentPodHash, stableRS, blueGreen } = status ?? {};
  return Boolean(stableRS) && currentPodHash !== stableRS && blueGreen?.activeSelector === currentPodHash;
}

/** Whether production is on the stable ReplicaSet, whole, after an abort. */
export function isBack(seen: Snapshot): boolean {
  const { spec, status } = seen.rollout ?? {};
  if (!status?.abort || !status.abortedAt) return false;
  const stable = setOf(seen, status.stableRS);
  if ((stable?.status?.availableReplicas ?? 0) < (spec?.replicas ?? 1)) return false;
  if (spec?.strategy?.blueGreen) return status.blueGreen?.activeSelector === status.stableRS;
  if (spec?.strategy?.canary?.trafficRouting) return (status.canary?.weights?.canary?.weight ?? 0) === 0;
  // without a router the users go to whatever pods there are
  return (setOf(seen, status.currentPodHash)?.status?.availableReplicas ?? 0) === 0;
}

/** The condition of a Rollout that its controller does nothing with. */
export function invalidOf({ status }: Rollout): { message?: string } | undefined {
  return status?.conditions?.find(({ type }) => type === 'InvalidSpec');
}
