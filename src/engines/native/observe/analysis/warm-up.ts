import type { Pod } from 'kubernetes-types/core/v1';
import type { Clock } from '../../../../clock.ts';

/** Says when the pods of the canary have had time to fill their caches and compile their code. */
export interface WarmUp {
  /**
   * Whether they have. Call it once for each look, in order.
   *
   * @param requests how many requests of the canary the look adds
   */
  isOver(requests: number): boolean;
}

/**
 * For so long after a pod is first seen ready, the times of the canary say nothing of the release. It is the
 * time for which a HorizontalPodAutoscaler leaves a new pod out by default (`initial-readiness-delay`).
 */
const WARM_UP_MS = 30_000;
/** And until the canary has answered so many requests for each of its pods, because a pod without requests stays cold. */
const WARM_UP_REQUESTS = 30;

/**
 * Begins again with each pod that becomes ready. When it ends depends on no time of a request, so that the
 * judge's guarantee holds for the looks after it.
 *
 * @param pods the pods of the canary at the moment
 */
export function createWarmUp(pods: () => readonly Pod[], clock: Pick<Clock, 'monotonic'>): WarmUp {
  let known: ReadonlySet<string> = new Set();
  let since = clock.monotonic();
  let answered = 0;
  return {
    isOver(requests) {
      const ready = new Set(pods().filter(isReady).map(uidOf));
      if ([...ready].some((uid) => !known.has(uid))) {
        since = clock.monotonic();
        answered = 0;
      }
      known = ready;
      const isWarm =
        clock.monotonic() - since >= WARM_UP_MS && answered >= WARM_UP_REQUESTS * Math.max(1, ready.size);
      answered += requests;
      return isWarm;
    },
  };
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
}

function uidOf({ metadata }: Pod): string {
  return metadata?.uid ?? '';
}
