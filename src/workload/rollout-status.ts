import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import { isPaced } from './rolling/pace.ts';

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

/**
 * The pods that a Deployment wants and has; undefined until its controller has seen its newest form. At a pace, its
 * new pods serve long before the controller counts them as available.
 */
export function availability(deployment: Deployment): { available: number; wanted: number } | undefined {
  const { metadata, spec, status } = deployment;
  const seen = status?.observedGeneration;
  if (seen === undefined || seen < (metadata?.generation ?? 0)) return undefined;
  const serving = isPaced(deployment) ? status?.readyReplicas : status?.availableReplicas;
  return { available: serving ?? 0, wanted: spec?.replicas ?? 1 };
}

/** Whether a Deployment that wants pods has none that is available, so that it serves nobody. */
export function isDown(deployment: Deployment): boolean {
  const pods = availability(deployment);
  return pods !== undefined && pods.wanted > 0 && pods.available === 0;
}

/** What is wrong with a Deployment that serves with fewer pods than it should; undefined if nothing is. */
export function illness(deployment: Deployment): string | undefined {
  const pods = availability(deployment);
  if (!pods) return undefined;
  const { available, wanted } = pods;
  const missing = rollingUpdateBounds(deployment)?.unavailable ?? 0;
  const few = `${available} of ${wanted} pods are available`;
  if (available < wanted - missing) return few;
  const { state, message } = rolloutStatus(deployment);
  const old = (deployment.status?.replicas ?? 0) - (deployment.status?.updatedReplicas ?? 0);
  return state === 'failed' && old > 0 ? `its last rollout did not end: ${message}` : undefined;
}

/**
 * How many pods a rolling update may add, and how many may be unavailable, as the Deployment controller
 * resolves both (kubernetes, pkg/controller/deployment/util, ResolveFenceposts and MaxUnavailable). A surge
 * rounds up, and unavailable pods round down. If both come to 0, one pod may be unavailable.
 *
 * @returns undefined if a value is neither a number nor a percentage, which the API server does not accept
 */
export function rollingUpdateBounds({
  spec,
}: Deployment): { surge: number; unavailable: number } | undefined {
  const replicas = spec?.replicas ?? 1;
  const { maxSurge, maxUnavailable } = spec?.strategy?.rollingUpdate ?? SERVER_DEFAULTS;
  const surge = scaled(maxSurge ?? 0, replicas, Math.ceil);
  const unavailable = scaled(maxUnavailable ?? 0, replicas, Math.floor);
  if (surge === undefined || unavailable === undefined) return undefined;
  const resolved = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { surge, unavailable: Math.min(resolved, replicas) };
}

/** What the API server writes into a Deployment that does not say them. */
const SERVER_DEFAULTS = { maxSurge: '25%', maxUnavailable: '25%' };

/** A count, or a percentage of a total (apimachinery, pkg/util/intstr, GetScaledValueFromIntOrPercent). */
function scaled(value: unknown, total: number, round: (x: number) => number): number | undefined {
  if (typeof value === 'number') return value;
  const percent = typeof value === 'string' ? /^([+-]?\d+)%$/.exec(value)?.[1] : undefined;
  return percent === undefined ? undefined : round((Number(percent) * total) / 100);
}

const UNSEEN: RolloutStatus = { state: 'waiting', message: 'the controller has not seen the change yet' };

function plural(count: number): string {
  return count === 1 ? 'pod is' : 'pods are';
}
