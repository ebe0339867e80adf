import type { Bucket } from '../../../analysis/source/counts.ts';

/** Each millisecond has a bucket of its own as far as this. */
const EXACT_TO_MS = 50;
/** From there on each bound is 2 % above the last, so that the middle of a bucket is wrong by 1 % at most. */
const GROWTH = 1.02;
/** Above nginx' own limit for an answer (`proxy-read-timeout`, 60 s) there is one bucket for all. */
const UP_TO_MS = 60_000;

/** Upper bounds in milliseconds, the same for all. nginx measures in whole milliseconds, and so are these. */
export const LATENCY_BOUNDS_MS: readonly number[] = boundsMs();

/** How long requests took, in as much memory for a thousand of them as for a million. */
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

/** The first bound that is not below, by bisection. */
function indexOf(ms: number): number {
  let [low, high] = [0, LATENCY_BOUNDS_MS.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((LATENCY_BOUNDS_MS[middle] ?? 0) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}
