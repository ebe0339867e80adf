import { formatDuration } from '../duration.ts';
import type { PastOutcome } from '../outcome.ts';

/** What the history of a workload says of its releases. */
export interface Rates {
  /** Releases that came to an end: promoted, or taken back. */
  ended: number;
  promoted: number;
  /** Releases that were taken back, or left production in need of a person. */
  failed: number;
  /** The middle time between two promotions, in milliseconds; absent with fewer than two. */
  betweenMs?: number;
  /** The middle time from the start of a release that failed until production was as before. */
  restoredAfterMs?: number;
}

const DAY_MS = 86_400_000;

/**
 * Frequency, failure rate and time to restore, from the outcomes that a Lease keeps. Undefined if no release
 * has ended. A release that ran already counts as none.
 */
export function ratesOf(history: readonly PastOutcome[]): Rates | undefined {
  const ended = history.filter(
    ({ outcome, from, to }) =>
      (outcome === 'promoted' && (from === undefined || from !== to)) ||
      outcome === 'aborted' ||
      outcome === 'stuck',
  );
  if (ended.length === 0) return undefined;
  const promoted = ended.filter(({ outcome }) => outcome === 'promoted');
  const failed = ended.filter(({ outcome }) => outcome !== 'promoted');
  const times = promoted.map(({ at }) => Date.parse(at)).sort((a, b) => b - a);
  const between = middle(times.slice(1).map((time, index) => (times[index] ?? time) - time));
  const restored = middle(
    failed
      .filter(({ outcome }) => outcome === 'aborted')
      .map(({ at, startedAt }) => Date.parse(at) - Date.parse(startedAt ?? '')),
  );
  return {
    ended: ended.length,
    promoted: promoted.length,
    failed: failed.length,
    ...(between === undefined ? {} : { betweenMs: between }),
    ...(restored === undefined ? {} : { restoredAfterMs: restored }),
  };
}

/** The rates as a line; undefined if there are none. */
export function ratesText(history: readonly PastOutcome[]): string | undefined {
  const rates = ratesOf(history);
  if (!rates) return undefined;
  const { ended, promoted, failed, betweenMs, restoredAfterMs } = rates;
  return [
    `of the last ${ended} releases ${promoted} were promoted, ${failed} taken back (${Math.round((failed / ended) * 100)} %)`,
    ...(betweenMs === undefined ? [] : [`one every ${longText(betweenMs)}`]),
    ...(restoredAfterMs === undefined
      ? []
      : [`production as before ${formatDuration(restoredAfterMs)} after the start of a bad one`]),
  ].join('; ');
}

function longText(ms: number): string {
  return ms < DAY_MS ? formatDuration(ms) : `${Number((ms / DAY_MS).toPrecision(2))} days`;
}

/** The middle value; the lower one of two. Undefined without a value that is a number. */
function middle(given: readonly number[]): number | undefined {
  const values = given.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  return values[Math.floor((values.length - 1) / 2)];
}
