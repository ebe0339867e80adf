import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1';

/** Why a pod will not, or may not, become ready. Its status shows this long before a progress deadline. */
export interface Trouble {
  /** The pod, or its owner if no pod could be created. */
  pod: string;
  container?: string;
  /** The reason in Kubernetes' words: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable` … */
  reason: string;
  message: string;
  /** Whether the container has run and ended, so that the previous run has a log. */
  previousLog: boolean;
  /** `fatal` does not go away by itself; `wait` may (a node may be added, a second pull may succeed). */
  weight: 'fatal' | 'wait';
}

/**
 * Waiting reasons of the kubelet (pkg/kubelet/images/types.go, pkg/kubelet/kuberuntime,
 * pkg/kubelet/container/sync_result.go).
 */
const WAITING: Readonly<Record<string, Trouble['weight']>> = {
  ImagePullBackOff: 'fatal',
  ErrImagePull: 'wait',
  ErrImageNeverPull: 'fatal',
  InvalidImageName: 'fatal',
  ImageInspectError: 'fatal',
  RegistryUnavailable: 'wait',
  CreateContainerConfigError: 'fatal',
  CreateContainerError: 'fatal',
  RunContainerError: 'fatal',
  CrashLoopBackOff: 'fatal',
};

/**
 * The troubles of a set of pods, worst first, at most one per container. Pods that are being deleted are
 * ignored.
 */
export function troublesOf(pods: readonly Pod[]): Trouble[] {
  return pods
    .filter((pod) => pod.metadata?.deletionTimestamp === undefined)
    .flatMap(podTroubles)
    .sort((a, b) => Number(a.weight === 'wait') - Number(b.weight === 'wait'));
}

/**
 * Why a Deployment or a ReplicaSet cannot create pods, such as a quota or an admission rule (condition
 * ReplicaFailure).
 */
export function replicaFailure(owner: Deployment | ReplicaSet): Trouble | undefined {
  const failed = owner.status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  if (!failed) return undefined;
  return {
    pod: owner.metadata?.name ?? '',
    reason: failed.reason ?? 'ReplicaFailure',
    message: failed.message ?? 'pods cannot be created',
    previousLog: false,
    weight: 'fatal',
  };
}

/** Whether a trouble means that the cluster lacks room, so that fewer pods might have fit. */
export function isLackOfRoom({ reason, message }: Trouble): boolean {
  return reason === 'Unschedulable' || /exceeded quota/i.test(message);
}

function podTroubles(pod: Pod): Trouble[] {
  const name = pod.metadata?.name ?? '';
  const unschedulable = pod.status?.conditions?.find(
    (condition) =>
      condition.type === 'PodScheduled' &&
      condition.status === 'False' &&
      condition.reason === 'Unschedulable',
  );
  if (unschedulable) {
    const message = unschedulable.message ?? 'no node accepts the pod';
    return [{ pod: name, reason: 'Unschedulable', message, previousLog: false, weight: 'wait' }];
  }
  if (pod.status?.phase === 'Failed') {
    const reason = pod.status.reason ?? 'Failed';
    return [
      {
        pod: name,
        reason,
        message: pod.status.message ?? 'the pod failed',
        previousLog: false,
        weight: 'wait',
      },
    ];
  }
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.flatMap((status) => containerTrouble(name, status) ?? []);
}

function containerTrouble(pod: string, status: ContainerStatus): Trouble | undefined {
  const last = status.state?.terminated ?? status.lastState?.terminated;
  const container = status.name;
  if (last?.reason === 'OOMKilled' && !status.ready) {
    const message = `killed for using more memory than its limit allows (exit code ${last.exitCode})`;
    return { pod, container, reason: 'OOMKilled', message, previousLog: true, weight: 'fatal' };
  }
  const waiting = status.state?.waiting;
  if (!waiting?.reason || !Object.hasOwn(WAITING, waiting.reason)) return undefined;
  const weight = WAITING[waiting.reason] ?? 'wait';
  const previousLog = waiting.reason === 'CrashLoopBackOff';
  const ended =
    previousLog && last ? `exit code ${last.exitCode}, ${status.restartCount} restarts` : undefined;
  const message = ended ?? waiting.message ?? waiting.reason;
  return { pod, container, reason: waiting.reason, message, previousLog, weight };
}
