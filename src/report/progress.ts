import { formatDuration } from '../duration.ts';
import type { HoldingEvent, PromotionEvent } from '../events.ts';
import type { ComparisonResult } from '../measurements.ts';
import { thousands } from '../numbers.ts';

/** What is under way: the current wait, and what was counted last. */
export interface Progress {
  wait?: {
    /** `at 10 %`, `for 2 of 4 pods`. */
    what: string;
    /** When it began, and when it ends at the latest if that is known; milliseconds since the epoch. */
    since: number;
    endsAt?: number;
    /** The wait ends by itself at that time; otherwise it is given up then. */
    ends: boolean;
  };
  comparisons: readonly ComparisonResult[];
}

export const NOTHING_UNDER_WAY: Progress = { comparisons: [] };

/** The progress after an event. @param at when, in milliseconds since the epoch */
export function progressAfter(progress: Progress, event: PromotionEvent, at: number): Progress {
  switch (event.type) {
    case 'holding':
      return {
        ...progress,
        wait: { what: holdWhat(event), since: at, endsAt: event.endsAt ?? at + event.ms, ends: true },
      };
    case 'waiting': {
      const since = progress.wait && !progress.wait.ends ? progress.wait.since : at;
      const endsAt = event.timeoutMs === undefined ? {} : { endsAt: at + event.timeoutMs };
      return { ...progress, wait: { what: `for ${event.for}`, since, ...endsAt, ends: false } };
    }
    case 'counted':
      return { ...progress, comparisons: event.comparisons };
    case 'stage':
    case 'down':
      return NOTHING_UNDER_WAY;
    default:
      return progress;
  }
}

/**
 * The progress as a sentence: `at 10 %: 3m left; canary 2 of 1,204 failed, stable 5 of 22,118`. Undefined if
 * nothing is waited for.
 */
export function progressText({ wait, comparisons }: Progress, at: number): string | undefined {
  const time = wait && timeText(wait, at);
  if (!wait || time === undefined) return undefined;
  return [`${wait.what}: ${time}`, ...newsIn(comparisons)].join('; ');
}

/** The counts, each as `canary 2 of 1,204 failed, stable 5 of 22,118`. */
export function newsIn(comparisons: readonly ComparisonResult[]): string[] {
  // slow requests are news only if there are some
  return comparisons.filter(({ what, canary }) => what === 'failed' || canary.bad > 0).map(countsText);
}

/** How long it still takes, or lasts already; undefined if its time is over, because the next event comes. */
function timeText({ since, endsAt, ends }: NonNullable<Progress['wait']>, at: number): string | undefined {
  const left = endsAt === undefined ? undefined : endsAt - at;
  if (ends && left !== undefined) return left > 0 ? `${formatDuration(left)} left` : undefined;
  const begun = `since ${formatDuration(at - since)}`;
  return left !== undefined && left > 0 ? `${begun}, ${formatDuration(left)} more at most` : begun;
}

/** `canary 2 of 1,204 failed, stable 5 of 22,118` */
function countsText({ what, boundMs = 0, canary, reference }: ComparisonResult): string {
  const bad = what === 'failed' ? 'failed' : `over ${Number(boundMs.toPrecision(6))} ms`;
  const own = reference.name === 'before' ? 'release' : 'canary';
  return `${own} ${share(canary)} ${bad}, ${reference.name} ${share(reference)}`;
}

function share({ bad, requests }: { bad: number; requests: number }): string {
  return `${thousands(bad)} of ${thousands(requests)}`;
}

/** What a hold is about, short enough for a line that comes again. */
function holdWhat({ reason, stage }: HoldingEvent): string {
  switch (reason) {
    case 'step':
      return `at ${stage}`;
    case 'mirror':
      return `${stage}, no user is on the canary`;
    case 'first-contact':
      return 'first contact';
    case 'without-users':
      return 'without users';
    case 'drain-baseline':
    case 'drain-canary':
      return 'draining';
    case 'settle':
      return 'settling';
    case 'bake':
      return 'judging what serves all users';
    case 'recovery':
      return 'until the cluster’s controllers follow';
  }
}
