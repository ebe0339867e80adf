import type { Pod } from 'kubernetes-types/core/v1';

/**
 * What has become of pods since they were first seen ready. Times in milliseconds, by the clock of the
 * looker.
 */
interface PodHistory {
  /** Container restarts when it was first seen ready, and at the last look. */
  readonly restartsBefore: number;
  readonly restarts: number;
  readonly oomKills: number;
  /** Since when it is not ready; undefined while it is. */
  readonly unreadySince: number | undefined;
}

/** By the uid of the pod. Pods that are not there, or were never seen ready, are not in it. */
export type PodHistories = ReadonlyMap<string, PodHistory>;

/** A set of pods in numbers. */
export interface PodHealth {
  pods: number;
  /** Containers that ended and were started anew, after their pod had been ready. */
  restarts: number;
  /** How many of those were killed for their memory. */
  oomKills: number;
  /** Pods that have lost their readiness for some time. */
  unready: number;
}

/**
 * A probe that fails once or twice is no loss: the kubelet takes three in succession, at ten seconds each.
 */
const UNREADY_MS = 10_000;

/**
 * The histories after one more look. Only what happens after a pod was ready counts: many apps restart while
 * they wait for what they need. Pods that are being deleted end as they are told to. Pure.
 */
export function withLook(before: PodHistories, pods: readonly Pod[], now: number): PodHistories {
  const histories = pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .flatMap((pod) => {
      const uid = pod.metadata?.uid ?? pod.metadata?.name ?? '';
      const history = next(before.get(uid), pod, now);
      return history ? [[uid, history] as const] : [];
    });
  return new Map(histories);
}

/** The numbers of a set of pods at a moment. */
export function healthOf(histories: PodHistories, now: number): PodHealth {
  const all = [...histories.values()];
  const sum = (of: (history: PodHistory) => number) => all.reduce((total, each) => total + of(each), 0);
  return {
    pods: all.length,
    restarts: sum(({ restarts, restartsBefore }) => restarts - restartsBefore),
    oomKills: sum(({ oomKills }) => oomKills),
    unready: all.filter(({ unreadySince }) => unreadySince !== undefined && now - unreadySince >= UNREADY_MS)
      .length,
  };
}

/**
 * Why the canary's pods are worse than stable's, in a sentence; undefined where they are not. What happens to
 * stable's pods as often, by the pod, is the cluster's fault and not the release's.
 */
export function worsePods(canary: PodHealth, stable: PodHealth): string | undefined {
  const isWorse = (of: (health: PodHealth) => number) =>
    of(canary) > 0 && of(canary) / Math.max(1, canary.pods) > of(stable) / Math.max(1, stable.pods);
  const both = (of: (health: PodHealth) => number) =>
    `${of(canary)} of ${pods(canary)} of the canary, ${of(stable)} of ${pods(stable)} of stable`;
  if (isWorse(({ oomKills }) => oomKills)) {
    return `Containers of the canary are killed for using more memory than their limit allows: ${both(({ oomKills }) => oomKills)}.`;
  }
  if (isWorse(({ restarts }) => restarts)) {
    return `Containers of the canary end while they serve users: restarts in ${both(({ restarts }) => restarts)}.`;
  }
  if (isWorse(({ unready }) => unready)) {
    return `Pods of the canary were ready and are not any more: ${both(({ unready }) => unready)}.`;
  }
  return undefined;
}

function next(before: PodHistory | undefined, pod: Pod, now: number): PodHistory | undefined {
  const isReady =
    pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  if (!before && !isReady) return undefined;
  const statuses = pod.status?.containerStatuses ?? [];
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const isKilled = statuses.some(
    ({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.reason === 'OOMKilled',
  );
  const grown = before ? Math.max(0, restarts - before.restarts) : 0;
  return {
    restartsBefore: before?.restartsBefore ?? restarts,
    restarts: Math.max(restarts, before?.restarts ?? 0),
    oomKills: (before?.oomKills ?? 0) + (isKilled ? grown : 0),
    unreadySince: isReady ? undefined : (before?.unreadySince ?? now),
  };
}

function pods({ pods: count }: PodHealth): string {
  return count === 1 ? '1 pod' : `${count} pods`;
}
