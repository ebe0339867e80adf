import type { Pod } from 'kubernetes-types/core/v1';

/** What happened to a pod since it was first ready. Times in milliseconds, by the clock of the observer. */
interface PodHistory {
  /** Container restarts when it was first seen ready, and at the last observation. */
  readonly restartsBefore: number;
  readonly restarts: number;
  readonly oomKills: number;
  /** The time since which it is not ready; undefined while it is ready. */
  readonly unreadySince: number | undefined;
}

/** By the uid of the pod. It has only pods that exist and were ready at least once. */
export type PodHistories = ReadonlyMap<string, PodHistory>;

/** The health of a set of pods, in numbers. */
export interface PodHealth {
  pods: number;
  /** Restarts of containers after their pod was ready. */
  restarts: number;
  /** Restarts because a container exceeded its memory limit. */
  oomKills: number;
  /** Pods that were ready, and have not been for some time. */
  unready: number;
}

/**
 * A pod counts as unready after this time. One or two failed probes do not count; the kubelet's default is
 * three in a row, ten seconds apart.
 */
const UNREADY_MS = 10_000;

/**
 * The histories after one more observation. Only events after a pod was ready count, because many apps
 * restart while they wait for a dependency. Pods that are being deleted do not count. Pure.
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

/** The health of a set of pods at a given time. */
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
 * Why the canary's pods are worse than stable's, as a sentence; undefined if they are not. If stable's pods
 * have as many problems per pod, the cluster is to blame and not the release.
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
    return `Pods of the canary were ready and no longer are: ${both(({ unready }) => unready)}.`;
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
