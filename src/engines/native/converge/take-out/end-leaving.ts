import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import {
  type KubeObject,
  pods as podKind,
  type Resource,
  replicaSets,
} from '../../../../cluster/resource.ts';
import type { Write } from '../../../../cluster/write.ts';
import { isReady } from '../../../../workload/pods/readiness.ts';
import { holdsStarts, neverStarts, withStarts } from '../../../../workload/rolling/replacements.ts';
import type { RollingPods } from '../../observe/rolling-pods.ts';
import type { Situation } from '../../observe/situation.ts';
import { type Decision, deletion, isStaying, update, waitAtMost, writeAll, written } from '../decision.ts';
import { noted, noteOf } from './lost-pod.ts';
import { imageOfSet, isAmong, isOwnedBy } from './sets.ts';

/** Ends the pods that were taken out of their Services, once the router no longer sends to them. */
export function endLeaving(situation: Situation): Decision | undefined {
  const { record, snapshot, now } = situation;
  const { rolling } = snapshot;
  const out = record.plan.pace?.out;
  if (!rolling || !out) return undefined;
  const leaving = rolling.leaving.filter(isStaying);
  const scaled = shrink(situation, rolling);
  if (scaled.length > 0)
    return { do: 'write', writes: scaled, events: scaled.map((each) => written(each, sizeOf(each))) };
  const end = deletion(podKind as Resource<KubeObject>);
  const stranded = rolling.pods.filter((pod) => isStranded(pod, rolling)).map(end);
  if (stranded.length > 0) return writeAll(stranded, 'it would never start');
  // the router learns of it from the EndpointSlices, whose controller may be late
  const isServed = (pod: Pod) => rolling.served.some((addresses) => isAmong(addresses, pod));
  const forgotten = leaving.filter((pod) => noteOf(pod).outAt === undefined && !isServed(pod));
  if (forgotten.length > 0) {
    const writes = forgotten.map((pod) => update(podKind, pod, noted(pod, { ...noteOf(pod), outAt: now })));
    return { do: 'write', writes, events: [] };
  }
  const left = (pod: Pod) => (noteOf(pod).outAt ?? now) + out.afterMs - now;
  // a ReplicaSet that still counts the pod would make another one for it when it ends
  const isCounted = (pod: Pod) => rolling.sets.some((set) => isOwnedBy(pod, set));
  const due = leaving.filter((pod) => left(pod) <= 0 && !isCounted(pod));
  if (due.length > 0) return writeAll(due.map(end), 'no user reaches it any more');
  if (leaving.length === 0) return undefined;
  return waitAtMost(
    'the last users to leave the pods that end',
    Math.min(...leaving.filter((pod) => !isCounted(pod)).map(left)),
  );
}

/**
 * The ReplicaSets that have let go of the pods that they have lost, with as many pods as they have left. Each has made a
 * replacement meanwhile, which does not start, and ends it first. One that still counts a lost pod would end
 * another one, which serves.
 */
function shrink({ record: { plan }, stage }: Situation, { sets, pods, leaving }: RollingPods): Write[] {
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  return sets.flatMap((set): Write[] => {
    const lost = leaving.filter((pod) => noteOf(pod).set === set.metadata?.name);
    if (lost.length === 0 || lost.some((pod) => isOwnedBy(pod, set))) return [];
    const to = Math.min(...lost.map((pod) => noteOf(pod).to));
    const ready = pods.filter((pod) => isOwnedBy(pod, set) && isStaying(pod) && isReady(pod));
    // the set of the image that is wanted grows, and one that somebody has scaled up keeps what serves
    const shrinks = imageOfSet(set, plan) !== wanted && ready.length <= to && (set.spec?.replicas ?? 0) > to;
    if (!shrinks) return lost.some(isStaying) ? freed(set) : [];
    const free = withStarts(set) ?? set;
    return [update(replicaSets, set, { ...free, spec: { selector: {}, ...free.spec, replicas: to } })];
  });
}

function sizeOf({ object }: Write): string {
  const stay = (object as ReplicaSet).spec?.replicas ?? 0;
  return stay === 1 ? '1 pod stays' : `${stay} pods stay`;
}

/** Gives ReplicaSets that lose no pod any more their own scheduler again. */
export function freeSets(
  { sets }: Pick<RollingPods, 'sets'>,
  isFree: (set: ReplicaSet) => boolean = () => true,
): Decision | undefined {
  return writeAll(sets.filter(isFree).flatMap(freed), 'its new pods start again');
}

function freed(set: ReplicaSet): Write[] {
  const free = withStarts(set);
  return free ? [update(replicaSets, set, free)] : [];
}

/** Whether a pod that never starts takes the place of one that would: its ReplicaSet has no more pods than it wants. */
function isStranded(pod: Pod, { sets, pods }: RollingPods): boolean {
  const set = sets.find((each) => isOwnedBy(pod, each));
  if (!set || !neverStarts(pod) || !isStaying(pod) || holdsStarts(set)) return false;
  return pods.filter((each) => isOwnedBy(each, set) && isStaying(each)).length <= (set.spec?.replicas ?? 0);
}
