import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';

/** The state of the rollout of a Deployment, StatefulSet or DaemonSet. */
export interface RolloutStatus {
  state: 'done' | 'waiting' | 'failed';
  /** For people: what the rollout waits for, or why it failed. */
  message: string;
}

/**
 * The rollout status as kubectl computes it, first match
 * (kubernetes/kubectl, pkg/polymorphichelpers/rollout_status.go, DeploymentStatusViewer).
 */
export function rolloutStatus(deployment: Deployment): RolloutStatus {
  const { metadata, spec, status } = deployment;
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return UNSEEN;
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

/**
 * The same for a StatefulSet (StatefulSetViewer there). With OnDelete no pod is replaced automatically, so it
 * is enough that the controller has observed the change.
 */
export function statefulSetStatus({ metadata, spec, status }: StatefulSet): RolloutStatus {
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) return UNSEEN;
  const wanted = spec?.replicas ?? 1;
  if (spec?.updateStrategy?.type === 'OnDelete') {
    return { state: 'done', message: 'its pods are new when they are deleted (OnDelete)' };
  }
  const ready = status?.readyReplicas ?? 0;
  if (ready < wanted) return { state: 'waiting', message: `${ready} of ${wanted} pods are ready` };
  const updated = status?.updatedReplicas ?? 0;
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    const due = Math.max(0, wanted - partition);
    return updated < due
      ? { state: 'waiting', message: `${updated} of ${due} pods are new` }
      : { state: 'done', message: `${updated} pods are new, up to partition ${partition}` };
  }
  if (status?.updateRevision !== status?.currentRevision) {
    return { state: 'waiting', message: `${updated} of ${wanted} pods are new` };
  }
  return { state: 'done', message: `${ready} of ${wanted} pods are ready` };
}

/** The same for a DaemonSet (DaemonSetViewer there). */
export function daemonSetStatus({ metadata, spec, status }: DaemonSet): RolloutStatus {
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) return UNSEEN;
  if (spec?.updateStrategy?.type === 'OnDelete') {
    return { state: 'done', message: 'its pods are new when they are deleted (OnDelete)' };
  }
  const wanted = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const available = status?.numberAvailable ?? 0;
  if (updated < wanted) return { state: 'waiting', message: `${updated} of ${wanted} pods are new` };
  if (available < wanted)
    return { state: 'waiting', message: `${available} of ${wanted} pods are available` };
  return { state: 'done', message: `${available} of ${wanted} pods are available` };
}

const UNSEEN: RolloutStatus = { state: 'waiting', message: 'the controller has not seen the change yet' };

function plural(count: number): string {
  return count === 1 ? 'pod is' : 'pods are';
}
