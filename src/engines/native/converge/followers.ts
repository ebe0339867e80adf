import type { StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { type KubeObject, pods, type Resource } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { TEMPLATED, templatedStatus, withTemplateImages } from '../../../workload/kinds/templated.ts';
import { isReady } from '../../../workload/pods/readiness.ts';
import { type FollowerState, isUpdated } from '../observe/followers.ts';
import type { Situation } from '../observe/situation.ts';
import { followerName } from '../plan/followers/follower.ts';
import { type Decision, deletion, isStaying, update, waitFor, written } from './decision.ts';

/** The label with the name of the ControllerRevision that a pod was made from. */
const REVISION = 'controller-revision-hash';

/** Updates the follower of the stage, or puts all of them back, and waits until their controllers have rolled them out. */
export function convergeFollowers({ record: { plan }, stage, snapshot }: Situation): Decision | undefined {
  if (stage.kind === 'update-follower') {
    const state = snapshot.followers[stage.follower ?? -1];
    if (!state?.object) return undefined;
    return state.image === plan.to ? rolledOut([state]) : writeImages([[state, plan.to]]);
  }
  if (stage.kind !== 'restore-followers') return undefined;
  const { followers } = snapshot;
  const updated = followers.filter((each) => isUpdated(each, plan)).reverse();
  if (updated.length > 0) return writeImages(updated.map((state) => [state, state.follower.from]));
  // what somebody else has changed meanwhile is theirs
  const own = followers.filter(({ follower, image }) => image === follower.from);
  return endBlocking(own) ?? rolledOut(own.filter(({ follower }) => !follower.wasIll));
}

/** Gives followers their images, with the version that was decided on. */
function writeImages(wanted: readonly (readonly [FollowerState, string])[]): Decision {
  const writes = wanted.flatMap(([{ follower, object }, image]) => {
    if (!object) return [];
    const images = Object.fromEntries(follower.containers.map((name) => [name, image]));
    return [update(TEMPLATED[follower.kind], object, withTemplateImages(follower.kind, object, images))];
  });
  const events = writes.map((write, index) =>
    written(write, `${wanted[index]?.[0].image} → ${wanted[index]?.[1]}`),
  );
  return { do: 'write', writes, events };
}

function rolledOut(states: readonly FollowerState[]): Decision | undefined {
  for (const { follower, object } of states) {
    const status = object && templatedStatus(follower.kind, object);
    if (status && status.state !== 'done') return waitFor(`${followerName(follower)}: ${status.message}`);
  }
  return undefined;
}

/**
 * Deletes pods of the release that keep a StatefulSet from going back. Its controller waits for a pod that is not ready
 * before it replaces any, although the template has been put back (Kubernetes, "Forced rollback").
 */
function endBlocking(states: readonly FollowerState[]): Decision | undefined {
  const blocking = states.flatMap(blockingPods);
  if (blocking.length === 0) return undefined;
  const writes: Write[] = blocking.map(deletion(pods as Resource<KubeObject>));
  const why = 'it is not ready, and its StatefulSet would wait for it before it goes back';
  return { do: 'write', writes, events: writes.map((write) => written(write, why)) };
}

function blockingPods({ follower, object, pods: own }: FollowerState): readonly Pod[] {
  if (follower.kind !== 'StatefulSet' || !object) return [];
  const { metadata, status } = object as StatefulSet;
  // before that, the newest revision is not known
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return [];
  return own.filter(
    (pod) => isStaying(pod) && !isReady(pod) && pod.metadata?.labels?.[REVISION] !== status?.updateRevision,
  );
}
