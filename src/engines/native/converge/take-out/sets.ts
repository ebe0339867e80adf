import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { isReady, readySince } from '../../../../workload/pods/readiness.ts';
import type { RollingPods } from '../../observe/rolling-pods.ts';
import type { Plan } from '../../plan/plan.ts';

/** The ReplicaSets of an image. */
export function setsOf({ sets }: Pick<RollingPods, 'sets'>, plan: Plan, image: string): ReplicaSet[] {
  return sets.filter((set) => imageOfSet(set, plan) === image);
}

/** The image of the containers that the plan changes. */
export function imageOfSet({ spec }: ReplicaSet, { containers }: Plan): string | undefined {
  const template = spec?.template?.spec;
  const all = [...(template?.containers ?? []), ...(template?.initContainers ?? [])];
  return all.find(({ name }) => containers.includes(name))?.image;
}

/** Whether a ReplicaSet counts a pod. */
export function isOwnedBy({ metadata }: Pod, set: ReplicaSet): boolean {
  return metadata?.ownerReferences?.some(({ uid }) => uid === set.metadata?.uid) ?? false;
}

/** Since when the pods of an image are ready, in milliseconds since the epoch. */
export function readyTimes({ sets, pods }: RollingPods, plan: Plan, image: string): number[] {
  const own = setsOf({ sets }, plan, image);
  return pods.filter((pod) => isReady(pod) && own.some((set) => isOwnedBy(pod, set))).map(readySince);
}

/** Whether a pod is one of the addresses; a Service of the other family has another address of it. */
export function isAmong(addresses: ReadonlySet<string>, { status }: Pod): boolean {
  const own = status?.podIPs?.map(({ ip = '' }) => ip) ?? [status?.podIP ?? ''];
  return own.some((address) => addresses.has(address));
}
