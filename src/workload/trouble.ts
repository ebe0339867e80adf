import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { ContainerStatus, Pod } from 'kubernetes-types/core/v1';

/** A pod that will not, or may not, become ready; seen in its status long before a progress deadline. */
export interface Trouble {
  /** The pod, or its owner where no pod could be made. */
  pod: string;
  container?: string;
  /** The word of Kubernetes: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable` … */
  reason: string;
  message: string;
  /** The container has run and ended, so that the run before has a log. */
  previousLog: boolean;
  /** `fatal` will not mend itself; `wait` may (a node may come, a pull may succeed at the second try). */
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
 * What is wrong with a set of pods, worst first; at most one trouble a container. Pods that are going away
 * are not looked at.
 */
export function troublesOf(pods: readonly Pod[]): Trouble[] {
  return pods
    .filter((pod) => pod.metadata?.deletionTimestamp === undefined)
    .flatMap(podTroubles)
    .sort((a, b) => Number(a.weight === 'wait') - Number(b.weight === 'wait'));
}

/**
 * What keeps a Deployment or a ReplicaSet from making pods at all: a quota, or an admission rule (condition
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

/** Whether a trouble means that the cluster has no room, so that fewer pods would have been possible. */
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
    const message = unschedulable.message ?? 'no node takes the pod';
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
