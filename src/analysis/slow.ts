import type { Counts } from './source/counts.ts';

/** How the judge compares latencies. */
export interface SlowLimit {
  /**
   * A request that takes longer is slow, in milliseconds. Without it, one that takes longer than nine in ten of
   * stable's requests did before the step.
   */
  readonly thanMs: number | undefined;
  /** The comparison that nobody asked for: a canary that is a little slower is no fault. */
  readonly isTolerant: boolean;
}

/** The comparison if the user sets none. */
export const DEFAULT_SLOW_LIMIT: SlowLimit = { thanMs: undefined, isTolerant: true };

/**
 * The share of slow requests by which a canary may exceed stable in a tolerant comparison. A cache that fills
 * slowly, or one slow path, must not bring a release down that nobody has asked to be as fast.
 */
export const TOLERATED_SHARE = 0.25;
/** In a tolerant comparison, a request is slow from so many times stable's usual time, and so much more. */
const TOLERATED_FACTOR = 1.5;
const TOLERATED_MS = 50;

/** At least this share of stable's requests is not slow. */
const USUAL = 0.9;
/** With fewer requests, their slowest tenth is too uncertain. */
const KNOWN_FROM = 100;

/**
 * The bucket bound above which a request of a step is slow, in milliseconds; undefined if it is not known.
 *
 * @param during stable's requests of the step; `before` those before it
 */
export function slowLimitMs(
  during: Counts,
  before: Counts,
  { thanMs, isTolerant }: SlowLimit,
): number | undefined {
  if (thanMs !== undefined) return slowBound(during, thanMs);
  const usual = slowBound(before, undefined);
  if (usual === undefined || !isTolerant) return usual;
  return slowBound(before, TOLERATED_FACTOR * usual + TOLERATED_MS);
}

/**
 * The bucket bound above which a request is slow, in milliseconds: the first that is not below `limitMs`.
 * Without a limit, it is the first below which nine in ten of these requests are. undefined if there is no
 * such bucket, or too few requests.
 */
export function slowBound({ latency }: Counts, limitMs: number | undefined): number | undefined {
  const finite = latency.filter(({ upToMs }) => Number.isFinite(upToMs));
  if (limitMs !== undefined) return finite.find(({ upToMs }) => upToMs >= limitMs)?.upToMs;
  const all = latency.at(-1)?.requests ?? 0;
  if (all < KNOWN_FROM) return undefined;
  return finite.find(({ requests }) => requests >= USUAL * all)?.upToMs;
}

/** How many requests were timed. */
export function timed({ latency }: Counts): number {
  return latency.at(-1)?.requests ?? 0;
}

/** How many requests took longer than the bound; 0 if no bucket ends there. */
export function slowerThan(counts: Counts, boundMs: number): number {
  const within = counts.latency.find(({ upToMs }) => upToMs === boundMs)?.requests;
  return within === undefined ? 0 : timed(counts) - within;
}
