import type { Rollout } from './types.ts';

export interface Phase {
  name: 'Progressing' | 'Paused' | 'Degraded' | 'Healthy';
  /** The message of the controller. */
  message: string;
}

/**
 * Computes the phase of a Rollout by the rules of the controller, first match (argoproj/argo-rollouts,
 * utils/rollout/rolloututil.go, CalculateRolloutPhase). Before that, it checks whether the controller has
 * processed the newest Rollout (GetRolloutPhase).
 *
 * It does not read `status.phase`, so that another client's write to the other fields counts at once. It does
 * not check the template of a `workloadRef` or the image; observed.ts does.
 */
export function phaseOf(rollout: Rollout): Phase {
  const { metadata, spec = {}, status = {} } = rollout;
  const progressing = (message: string): Phase => ({ name: 'Progressing', message });
  if (integer(status.observedGeneration, 0) < (metadata?.generation ?? 0)) {
    return progressing('waiting for rollout spec update to be observed');
  }
  if (status.controllerPause && !status.pauseConditions?.length) {
    return progressing('waiting for rollout to unpause');
  }
  for (const { type, reason = '', message = '' } of status.conditions ?? []) {
    if (type === 'InvalidSpec') return { name: 'Degraded', message: `InvalidSpec: ${message}` };
    if (reason === 'RolloutAborted' || reason === 'ProgressDeadlineExceeded') {
      return { name: 'Degraded', message: `${reason}: ${message}` };
    }
  }
  if (spec.paused) return { name: 'Paused', message: 'manually paused' };
  const [pause] = status.pauseConditions ?? [];
  if (pause) return { name: 'Paused', message: pause.reason };
  if (isRestarting(rollout)) return progressing('rollout is restarting');
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0, stableRS = '', currentPodHash } = status;
  if (updatedReplicas < (spec.replicas ?? 1)) return progressing('more replicas need to be updated');
  if (availableReplicas < updatedReplicas) {
    return progressing('updated replicas are still becoming available');
  }
  const isStable = stableRS !== '' && stableRS === currentPodHash;
  if (spec.strategy?.blueGreen) {
    const active = status.blueGreen?.activeSelector ?? '';
    if (active === '' || active !== currentPodHash) return progressing('active service cutover pending');
    if (!isStable) {
      return progressing(
        awaitsPostPromotion(rollout)
          ? 'waiting for analysis to complete'
          : 'waiting for post-promotion verification to complete',
      );
    }
  } else if (spec.strategy?.canary) {
    if (!spec.strategy.canary.trafficRouting && replicas > updatedReplicas) {
      return progressing('old replicas are pending termination');
    }
    if (!isStable) return progressing('waiting for all steps to complete');
  }
  return { name: 'Healthy', message: '' };
}

/** An integer that the API has as a string; `otherwise` if it is not one. */
export function integer(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : otherwise;
}

function isRestarting({ spec, status }: Rollout): boolean {
  if (!spec?.restartAt) return false;
  return !status?.restartedAt || Date.parse(spec.restartAt) !== Date.parse(status.restartedAt);
}

function awaitsPostPromotion({ spec, status }: Rollout): boolean {
  if (!spec?.strategy?.blueGreen?.postPromotionAnalysis) return false;
  const run = status?.blueGreen?.postPromotionAnalysisRunStatus?.status ?? '';
  return !['Successful', 'Failed', 'Error', 'Inconclusive'].includes(run);
}
