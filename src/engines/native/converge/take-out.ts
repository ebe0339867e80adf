import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { type KubeObject, pods as podKind, type Resource, replicaSets } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { isReady, mayHaveBeenReady, readySince } from '../../../workload/pods/readiness.ts';
import { surgeBy } from '../../../workload/rolling/pace.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import type { RollingPods } from '../observe/rolling-pods.ts';
import type { Situation } from '../observe/situation.ts';
import type { Plan } from '../plan/plan.ts';
import { type Decision, deletion, isStaying, update, waitFor, written } from './decision.ts';

/** The annotation of a pod that was taken out, as JSON. Whoever takes over reads it there. */
const LEFT = 'drone-promote/left';
/** A pod without readiness that is younger may be the replacement of one that was taken out. */
const ILL_AFTER_MS = 30_000;

interface Left {
  /** The ReplicaSet that has lost the pod, and how many pods it may have from then on. */
  set: string;
  to: number;
  /** When its address had left the EndpointSlices, in milliseconds since the epoch. */
  outAt?: number;
}

/** Ends the pods that were taken out of their Services, once the router no longer sends to them. */
export function endLeaving(situation: Situation): Decision | undefined {
  const { record, snapshot, now } = situation;
  const { rolling } = snapshot;
  const out = record.plan.pace?.out;
  if (!rolling || !out) return undefined;
  const leaving = rolling.leaving.filter(isStaying);
  const replaced = endReplacements(situation, rolling);
  if (replaced) return replaced;
  const isServed = ({ status }: Pod) => rolling.served.has(status?.podIP ?? '');
  // the router learns of it from the EndpointSlices, whose controller may be late
  const forgotten = leaving.filter((pod) => noteOf(pod).outAt === undefined && !isServed(pod));
  if (forgotten.length > 0) {
    const writes = forgotten.map((pod) => update(podKind, pod, noted(pod, { ...noteOf(pod), outAt: now })));
    return { do: 'write', writes, events: [] };
  }
  const left = (pod: Pod) => (noteOf(pod).outAt ?? now) + out.afterMs - now;
  const due = leaving.filter((pod) => left(pod) <= 0);
  if (due.length > 0) {
    const writes = due.map(deletion(podKind as Resource<KubeObject>));
    return {
      do: 'write',
      writes,
      events: writes.map((each) => written(each, 'no user reaches it any more')),
    };
  }
  if (leaving.length === 0) return undefined;
  return waiting('the last users to leave the pods that end', Math.min(...leaving.map(left)));
}

/**
 * A ReplicaSet that has lost a pod makes a replacement for it. It is scaled down, so that it ends the replacement, but only if
 * it has let go of the lost pod: it would end another one otherwise, which serves. A replacement may get ready before
 * its controller sees that, so that it leaves the Services first. It is not ready then, because the API server refuses the write
 * if the pod has changed since, and so it never has a user.
 */
function endReplacements(
  { record: { plan }, stage }: Situation,
  { sets, pods, leaving }: RollingPods,
): Decision | undefined {
  const { out } = plan.pace ?? {};
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  if (!out) return undefined;
  const writes = sets.flatMap((set): Write[] => {
    const name = set.metadata?.name ?? '';
    const lost = leaving.filter((pod) => noteOf(pod).set === name);
    const to = Math.min(...lost.map((pod) => noteOf(pod).to));
    const own = pods.filter((pod) => isOwnedBy(pod, set) && isStaying(pod));
    const [ready, unready] = [own.filter(isReady), own.filter((pod) => !isReady(pod))];
    const isSeen = !lost.some((pod) => isOwnedBy(pod, set));
    // the set of the image that is wanted grows, and a replacement that is ready already has taken the place
    if (!isSeen || imageOfSet(set, plan) === wanted || ready.length > to) return [];
    const surplus = oldestFirst(unready).slice(Math.max(0, to - ready.length));
    const left = surplus.map((pod) => {
      const note = { set: name, to, ...(mayHaveBeenReady(pod) ? {} : { outAt: 0 }) };
      return update(podKind, pod, takenOut(pod, out, note));
    });
    if ((set.spec?.replicas ?? 0) <= to) return left;
    return [...left, update(replicaSets, set, { ...set, spec: { selector: {}, ...set.spec, replicas: to } })];
  });
  if (writes.length === 0) return undefined;
  const events = writes.map((each) =>
    written(
      each,
      each.resource === podKind ? 'a replacement that nobody needs, out of its Services' : countOf(each),
    ),
  );
  return { do: 'write', writes, events };
}

/**
 * The next step of a rollout in which each old pod leaves its Services before it ends; undefined if only new pods are
 * left, and all of them are ready. A pod leaves when there is one more that the router knows.
 */
export function rollByHand(situation: Situation): Decision | undefined {
  const { record, stage, snapshot, now } = situation;
  const { plan } = record;
  const { stable, rolling } = snapshot;
  const out = plan.pace?.out;
  if (!stable || !rolling || !out || !plan.pace) return undefined;
  if ((stable.status?.observedGeneration ?? 0) < (stable.metadata?.generation ?? 0))
    return waitFor('stable: the controller has not seen the change yet');
  const replicas = stable.spec?.replicas ?? 1;
  const wanted = stage.image === 'from' ? plan.from : plan.to;
  const old = rolling.sets.filter((set) => imageOfSet(set, plan) !== wanted && (set.spec?.replicas ?? 0) > 0);
  const living = rolling.pods.filter(isStaying);
  const isOld = (pod: Pod) => old.some((set) => isOwnedBy(pod, set));
  const ready = living.filter(isReady);
  const knownMs = plan.pace.readySeconds * 1000;
  const known = ready.filter((pod) => readySince(pod) + knownMs <= now);
  const fresh = ready.filter((pod) => !isOld(pod)).length;
  // a ReplicaSet that could not make a pod, because of a quota, is left to its controller
  if (!living.some(isOld) && fresh >= replicas && known.length >= replicas) return undefined;
  const ill = living.find((pod) => isOld(pod) && !isReady(pod) && ageOf(pod, now) > ILL_AFTER_MS);
  const spare = Math.min(known.length - replicas, surgeBy(plan.pace, replicas));
  const next = ill ? [ill] : spare > 0 ? oldestFirst(known.filter(isOld)).slice(0, spare) : [];
  const [first] = next;
  const set = first && old.find((each) => isOwnedBy(first, each));
  if (!first || !set) {
    const soon = ready.filter((pod) => !known.includes(pod)).map((pod) => readySince(pod) + knownMs - now);
    return waiting(`stable: ${fresh} of ${replicas} pods are new`, Math.min(...soon, POLL_INTERVAL_MS));
  }
  // of one ReplicaSet at a time, so that one number says how many pods it may keep
  const going = next.filter((pod) => isOwnedBy(pod, set));
  const to = Math.max(0, (set.spec?.replicas ?? 0) - going.length);
  const writes = going.map((pod) =>
    update(podKind, pod, takenOut(pod, out, { set: set.metadata?.name ?? '', to })),
  );
  return { do: 'write', writes, events: writes.map((each) => written(each, 'out of its Services')) };
}

/** Since when the pods of an image are ready, in milliseconds since the epoch. */
export function readyTimes({ sets, pods }: RollingPods, plan: Plan, image: string): number[] {
  const own = setsOf({ sets }, plan, image);
  return pods.filter((pod) => isReady(pod) && own.some((set) => isOwnedBy(pod, set))).map(readySince);
}

/** The ReplicaSets of an image. */
export function setsOf({ sets }: Pick<RollingPods, 'sets'>, plan: Plan, image: string): ReplicaSet[] {
  return sets.filter((set) => imageOfSet(set, plan) === image);
}

function takenOut(pod: Pod, { key, value }: { key: string; value: string }, left: Left): Pod {
  const { metadata } = pod;
  return noted({ ...pod, metadata: { ...metadata, labels: { ...metadata?.labels, [key]: value } } }, left);
}

function noted(pod: Pod, left: Left): Pod {
  const { metadata } = pod;
  const annotations = { ...metadata?.annotations, [LEFT]: JSON.stringify(left) };
  return { ...pod, metadata: { ...metadata, annotations } };
}

/** A note that somebody has removed names no ReplicaSet. */
function noteOf({ metadata }: Pod): Left {
  try {
    return JSON.parse(metadata?.annotations?.[LEFT] ?? '');
  } catch {
    return { set: '', to: 0 };
  }
}

function waiting(what: string, ms: number): Decision {
  return { ...waitFor(what), ms: Math.max(50, Math.min(ms, POLL_INTERVAL_MS)) } as Decision;
}

function countOf({ object }: Write): string {
  const stay = (object as ReplicaSet).spec?.replicas ?? 0;
  return stay === 1 ? '1 pod stays' : `${stay} pods stay`;
}

function isOwnedBy({ metadata }: Pod, set: ReplicaSet): boolean {
  return metadata?.ownerReferences?.some(({ uid }) => uid === set.metadata?.uid) ?? false;
}

function imageOfSet({ spec }: ReplicaSet, { containers }: Plan): string | undefined {
  const template = spec?.template?.spec;
  const all = [...(template?.containers ?? []), ...(template?.initContainers ?? [])];
  return all.find(({ name }) => containers.includes(name))?.image;
}

function oldestFirst(pods: readonly Pod[]): Pod[] {
  const made = ({ metadata }: Pod) => metadata?.creationTimestamp ?? '';
  return [...pods].sort((a, b) => made(a).localeCompare(made(b)));
}

function ageOf({ metadata }: Pod, now: number): number {
  return now - (Date.parse(metadata?.creationTimestamp ?? '') || now);
}
