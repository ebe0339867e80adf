import type { Pod } from 'kubernetes-types/core/v1';
import { pods as podKind, replicaSets } from '../../../../cluster/resource.ts';
import { isReady, readySince } from '../../../../workload/pods/readiness.ts';
import { surgeBy } from '../../../../workload/rolling/pace.ts';
import { holdsStarts, withoutStarts } from '../../../../workload/rolling/replacements.ts';
import { POLL_INTERVAL_MS } from '../../../shared/timing.ts';
import type { Situation } from '../../observe/situation.ts';
import { type Decision, isStaying, update, waitAtMost, waitFor, writeAll } from '../decision.ts';
import { freeSets } from './end-leaving.ts';
import { takenOut } from './lost-pod.ts';
import { imageOfSet, isAmong, isOwnedBy } from './sets.ts';

/** A pod that has not been ready for so long is ill. */
const ILL_AFTER_MS = 30_000;

/**
 * The next step of a rollout in which each old pod leaves its Services before it ends; undefined if only new pods are
 * left, and the router knows all of them. A pod leaves when the EndpointSlices of all Services show one more than is wanted: the router
 * reads in order what they say, so that it knows the new pod when it forgets the old one.
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
  const known = ready.filter((pod) => rolling.served.every((addresses) => isAmong(addresses, pod)));
  const followsMs = plan.pace.readySeconds * 1000;
  const untilFollowed = ready.map((pod) => readySince(pod) + followsMs - now).filter((ms) => ms > 0);
  const fresh = ready.filter((pod) => !isOld(pod)).length;
  // a ReplicaSet that could not make a pod, because of a quota, is left to its controller
  if (!living.some(isOld) && fresh >= replicas && ready.length - untilFollowed.length >= replicas)
    return undefined;
  const ill = living.find((pod) => isOld(pod) && !isReady(pod) && ageOf(pod, now) > ILL_AFTER_MS);
  const spare = Math.min(known.length - replicas, surgeBy(plan.pace, replicas));
  const next = ill ? [ill] : spare > 0 ? oldestFirst(known.filter(isOld)).slice(0, spare) : [];
  const [first] = next;
  const set = first && old.find((each) => isOwnedBy(first, each));
  const idle = freeSets(rolling, (each) => each !== set);
  if (idle) return idle;
  if (!first || !set)
    return waitAtMost(
      `stable: ${fresh} of ${replicas} pods are new`,
      Math.min(...untilFollowed, POLL_INTERVAL_MS),
    );
  // of one ReplicaSet at a time, so that one number says how many pods it may keep
  const going = next.filter((pod) => isOwnedBy(pod, set));
  if (!holdsStarts(set)) {
    const write = update(replicaSets, set, withoutStarts(set));
    return writeAll([write], 'its new pods do not start while another one leaves');
  }
  if ((set.status?.observedGeneration ?? 0) < (set.metadata?.generation ?? 0))
    return waitFor(`the controller of ReplicaSet/${set.metadata?.name} to see the change`);
  const to = Math.max(0, (set.spec?.replicas ?? 0) - going.length);
  const writes = going.map((pod) =>
    update(podKind, pod, takenOut(pod, out, { set: set.metadata?.name ?? '', to })),
  );
  return writeAll(writes, 'out of its Services');
}

function oldestFirst(pods: readonly Pod[]): Pod[] {
  const made = ({ metadata }: Pod) => metadata?.creationTimestamp ?? '';
  return [...pods].sort((a, b) => made(a).localeCompare(made(b)));
}

function ageOf({ metadata }: Pod, now: number): number {
  return now - (Date.parse(metadata?.creationTimestamp ?? '') || now);
}
