import type { Pod } from 'kubernetes-types/core/v1';
import type { Interest } from '../../../cluster/copies.ts';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import { type KubeObject, objectName, pods } from '../../../cluster/resource.ts';
import { TEMPLATED } from '../../../workload/kinds/templated.ts';
import { reducedPod } from '../../../workload/pods/reduced.ts';
import { isPodOfWorkload } from '../../../workload/rolling/kinds.ts';
import { type Follower, followerImage } from '../plan/followers/follower.ts';
import type { Plan } from '../plan/plan.ts';

/** A follower as it is now. */
export interface FollowerState {
  follower: Follower;
  /** undefined if it was deleted. */
  object: KubeObject | undefined;
  /** The image of its template; empty if it was deleted. */
  image: string;
  pods: readonly Pod[];
  /** Those of its pods that run the new image. */
  newPods: readonly Pod[];
}

/** The followers of a plan, in its order. */
export function findFollowers(source: ObjectSource, { followers = [], to }: Plan): FollowerState[] {
  return followers.map((follower) => {
    const { kind, name } = follower;
    const object = source.all(TEMPLATED[kind]).find((each) => objectName(each) === name);
    const own = follower.pods === undefined ? [] : source.all(pods);
    const made = own.filter((pod) => kind !== 'CronJob' && isPodOfWorkload(pod, { kind, workload: name }));
    // a pod that two selectors select is in the source twice
    const unique = [...new Map(made.map((pod) => [objectName(pod), pod])).values()];
    return {
      follower,
      object,
      image: object ? followerImage(follower, object) : '',
      pods: unique,
      newPods: unique.filter((pod) => runs(pod, follower.containers, to)),
    };
  });
}

/** Whether one of these containers of a pod runs the image. */
export function runs(pod: Pod, containers: readonly string[], wanted: string): boolean {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(
    ({ name, image }) => containers.includes(name) && image === wanted,
  );
}

/** Whether the follower has the new image by this promotion, so that it has to be put back on the way down. */
export function isUpdated({ follower, image }: FollowerState, { to }: Plan): boolean {
  return follower.from !== to && image === to;
}

/** What the loop watches of the followers. */
export function interestsOfFollowers({ followers = [] }: Plan): Interest[] {
  return followers.flatMap(({ kind, name, pods: labelSelector }): Interest[] => [
    { resource: TEMPLATED[kind], names: [name] },
    ...(labelSelector === undefined
      ? []
      : [{ resource: pods, labelSelector, reduce: reducedPod } as Interest]),
  ]);
}
