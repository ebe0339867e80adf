import type { Deployment } from 'kubernetes-types/apps/v1';

/** Where the rollout of a Deployment stands. */
export interface RolloutStatus {
  state: 'done' | 'waiting' | 'failed';
  /** For people: what it waits for, or why it failed. */
  message: string;
}

/**
 * The rollout status as kubectl computes it, first match
 * (kubernetes/kubectl, pkg/polymorphichelpers/rollout_status.go, DeploymentStatusViewer).
 */
export function rolloutStatus(deployment: Deployment): RolloutStatus {
  const { metadata, spec, status } = deployment;
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return { state: 'waiting', message: 'the controller has not seen the change yet' };
  }
  const progressing = status?.conditions?.find((condition) => condition.type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
    return { state: 'failed', message: 'the Deployment exceeded its progress deadline' };
  }
  const wanted = spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const total = status?.replicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  if (updated < wanted) return { state: 'waiting', message: `${updated} of ${wanted} pods are new` };
  if (total > updated) {
    return { state: 'waiting', message: `${total - updated} old ${plural(total - updated)} still there` };
  }
  if (available < updated) {
    return { state: 'waiting', message: `${available} of ${updated} new pods are available` };
  }
  return { state: 'done', message: `${available} of ${wanted} pods are available` };
}

function plural(count: number): string {
  return count === 1 ? 'pod is' : 'pods are';
}
