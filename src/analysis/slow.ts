import type { Counts } from './source/counts.ts';

/** At least this share of stable's requests is not slow. */
const USUAL = 0.9;
/** With fewer requests, their slowest tenth is too uncertain. */
const KNOWN_FROM = 100;

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
