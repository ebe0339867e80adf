import type { Bucket } from './source/counts.ts';

/**
 * A quantile of a histogram, in its unit, by linear interpolation within the bucket, as in Prometheus'
 * histogram_quantile. Above the last finite bound, it is that bound. undefined if nothing was counted.
 *
 * @param q between 0 and 1
 */
export function quantileOf(buckets: readonly Bucket[], q: number): number | undefined {
  const total = buckets.at(-1)?.requests ?? 0;
  if (total === 0) return undefined;
  const rank = q * total;
  let [lower, below] = [0, 0];
  for (const { upToMs, requests } of buckets) {
    if (requests >= rank) {
      if (upToMs === Number.POSITIVE_INFINITY) return lower;
      const inside = requests - below;
      return inside === 0 ? upToMs : lower + ((upToMs - lower) * (rank - below)) / inside;
    }
    [lower, below] = [upToMs, requests];
  }
  return lower;
}
