import type { Bucket } from '../../analysis/source/counts.ts';

/** Up to this time, each millisecond has its own bucket. */
const EXACT_TO_MS = 50;
/**
 * Above that, each bound is 2 % above the previous one, so that the middle of a bucket is wrong by at most 1
 * %.
 */
const GROWTH = 1.02;
/** Above nginx's own limit for an answer (`proxy-read-timeout`, 60 s), there is one bucket for all. */
const UP_TO_MS = 60_000;

/** Upper bounds of all histograms, in whole milliseconds, as nginx measures. */
export const LATENCY_BOUNDS_MS: readonly number[] = boundsMs();

/** A histogram of how long requests took. Its size does not depend on their number. */
export interface Latencies {
  add(ms: number): void;
  /** Cumulative; the last bound is Infinity. */
  buckets(): Bucket[];
}

export function createLatencies(): Latencies {
  const counts = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
  return {
    add(ms) {
      const index = indexOf(ms);
      counts[index] = (counts[index] ?? 0) + 1;
    },
    buckets() {
      let sum = 0;
      return Array.from(counts, (count, index) => {
        sum += count;
        return { upToMs: LATENCY_BOUNDS_MS[index] ?? Number.POSITIVE_INFINITY, requests: sum };
      });
    },
  };
}

function boundsMs(): number[] {
  const bounds = Array.from({ length: EXACT_TO_MS }, (_, index) => index + 1);
  for (let bound = EXACT_TO_MS; bound < UP_TO_MS; ) {
    bound = Math.max(bound + 1, Math.floor(bound * GROWTH));
    bounds.push(bound);
  }
  return bounds;
}

/** The index of the first bound that is not below `ms`, by bisection. */
function indexOf(ms: number): number {
  let [low, high] = [0, LATENCY_BOUNDS_MS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LATENCY_BOUNDS_MS[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
