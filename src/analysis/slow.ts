import type { Counts } from './source/counts.ts';

/** Of stable's requests so many at least are not slow. */
const USUAL = 0.9;
/** With fewer, their slowest tenth is nobody's habit. */
const KNOWN_FROM = 100;

/**
 * The bound of a histogram's bucket beyond which a request is slow, in milliseconds: the first that is not
 * below `thanMs`; without that, the first below which nine in ten of these requests are. undefined where no
 * bucket is so, or too few are known.
 */
export function slowBound({ latency }: Counts, thanMs: number | undefined): number | undefined {
  const finite = latency.filter(({ upToMs }) => Number.isFinite(upToMs));
  if (thanMs !== undefined) return finite.find(({ upToMs }) => upToMs >= thanMs)?.upToMs;
  const all = latency.at(-1)?.requests ?? 0;
  if (all < KNOWN_FROM) return undefined;
  return finite.find(({ requests }) => requests >= USUAL * all)?.upToMs;
}

/** How many requests were timed. */
export function timed({ latency }: Counts): number {
  return latency.at(-1)?.requests ?? 0;
}

/** How many of them took longer than that; none where no bucket ends there. */
export function slowerThan(counts: Counts, boundMs: number): number {
  const within = counts.latency.find(({ upToMs }) => upToMs === boundMs)?.requests;
  return within === undefined ? 0 : timed(counts) - within;
}
