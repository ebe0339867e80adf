import { rollingUpdateBounds } from '../../../workload/rollout-status.ts';
import { integer } from './phase.ts';
import { carries, type Snapshot, setOf } from './snapshot.ts';
import type { Rollout } from './types.ts';

/**
 * What the controller must have processed before this program believes the Rollout's status or sends it a
 * command.
 */
export interface Wanted {
  /** The image of each container of the release, by container name. */
  images: Readonly<Record<string, string>>;
  /** `metadata.generation` of the Rollout, as the write (or the first look) returned it. */
  generation: number;
  /** The generation of the Deployment of a `workloadRef`. */
  workloadGeneration: number | undefined;
}

/**
 * Whether the status is about the wanted template. The generations alone do not show it: with a `workloadRef`
 * the Rollout's own does not change, and the controller reports both before the ReplicaSet exists. So this
 * Rollout's ReplicaSet of `currentPodHash` must have the image. This program never computes the hash, because
 * versions of the controller compute it in different ways.
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
  // >=, because the controller raises the generation itself when it scales the Deployment down
  return integer(status?.workloadObservedGeneration, 0) >= (wanted.workloadGeneration ?? 0);
}

/**
 * Whether the new ReplicaSet is the stable one and has the users. Together with the phase Healthy, the
 * promotion has succeeded.
 */
export function isStable({ spec, status }: Rollout): boolean {
  const hash = status?.currentPodHash ?? '';
  if (hash === '' || hash !== status?.stableRS) return false;
  return !spec?.strategy?.blueGreen || status.blueGreen?.activeSelector === hash;
}

/** Whether the controller has not yet processed a command to continue past a pause. */
export function isUnpausing({ status }: Rollout): boolean {
  const isPaused = Boolean(status?.pauseConditions?.length);
  return isPaused ? status?.promoteFull === true : status?.controllerPause === true;
}

/** Blue-green: whether all users are on a release that is not yet the stable one. */
export function isServing({ status }: Rollout): boolean {
  const { currentPodHash, stableRS, blueGreen } = status ?? {};
  return Boolean(stableRS) && currentPodHash !== stableRS && blueGreen?.activeSelector === currentPodHash;
}

/**
 * The available pods of the stable release, if they are fewer than a rolling update would leave; undefined if
 * they are enough, or if a release is under way.
 */
export function illStable(seen: Snapshot): number | undefined {
  const { spec, status } = seen.rollout ?? {};
  const stable = setOf(seen, status?.stableRS);
  if (!stable?.status || (status?.currentPodHash !== status?.stableRS && !status?.abort)) return undefined;
  const replicas = spec?.replicas ?? 1;
  // Argo Rollouts has the defaults of a Deployment
  const bounds = rollingUpdateBounds({ spec: { replicas, selector: {}, template: {} } });
  const available = stable.status.availableReplicas ?? 0;
  return available < replicas - (bounds?.unavailable ?? 0) ? available : undefined;
}

/**
 * Whether all of production is on the stable ReplicaSet again after an abort.
 *
 * @param least its available pods before the step, if it did not have all of them
 */
export function isBack(seen: Snapshot, least?: number): boolean {
  const { spec, status } = seen.rollout ?? {};
  if (!status?.abort || !status.abortedAt) return false;
  const stable = setOf(seen, status.stableRS);
  if ((stable?.status?.availableReplicas ?? 0) < (least ?? spec?.replicas ?? 1)) return false;
  if (spec?.strategy?.blueGreen) return status.blueGreen?.activeSelector === status.stableRS;
  if (spec?.strategy?.canary?.trafficRouting) return (status.canary?.weights?.canary?.weight ?? 0) === 0;
  // without a router the users reach every available pod
  return (setOf(seen, status.currentPodHash)?.status?.availableReplicas ?? 0) === 0;
}

/** The condition of a Rollout that its controller ignores, because it is not valid. */
export function invalidOf({ status }: Rollout): { message?: string } | undefined {
  return status?.conditions?.find(({ type }) => type === 'InvalidSpec');
}
