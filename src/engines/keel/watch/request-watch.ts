import { type Baking, bakeFinding, historyOf, startBaking, withSeen } from '../../../analysis/bake.ts';
import type { Finding } from '../../../analysis/finding.ts';
import { highestRate, type Requests } from '../../../analysis/judge/history.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import { startMonitor } from '../../../analysis/monitor.ts';
import { preferFirst, type RequestSource } from '../../../analysis/request-source.ts';
import type { Clock } from '../../../clock.ts';
import type { ComparisonResult } from '../../../measurements.ts';
import type { KeelWorkload } from '../forecast/workload.ts';

/** Counts the requests of one workload: before its update as history, and after it to judge the release. */
export interface RequestWatch {
  readonly workload: KeelWorkload;
  /** Whether the history tells as small a difference as the settings want, with enough requests after it. */
  hasEnoughHistory(): boolean;
  /** Notes what was counted up to now. */
  note(): void;
  /** What was noted last is history. Call it if no pod of the release has answered a request until then. */
  keep(): void;
  /** All users are on the release from now on: its requests are judged. */
  begin(): void;
  /** What the judge finds. Undefined before `begin`. */
  finding(): Finding | undefined;
  /** Why the release is not compared with what was before it, as far as was counted. */
  unjudged(): string | undefined;
  stop(): void;
}

/** The limits of the judge, with the difference that a bake is to notice. */
export type BakeLimits = SequentialLimits & { readonly enough: number };

/**
 * Starts to count.
 *
 * @param limits `tests` counts those of all workloads, because they share the rate of false alarms
 */
export function startRequestWatch(
  workload: KeelWorkload,
  sources: readonly RequestSource[],
  by: ComparisonResult['source'],
  limits: BakeLimits,
  clock: Clock,
): RequestWatch {
  const source = preferFirst(sources);
  const monitor = startMonitor(() => source.poll(), clock, source.intervalMs);
  let before: Requests = { requests: 0, bad: 0 };
  let noted = before;
  let baking: Baking | undefined;
  return {
    workload,
    hasEnoughHistory: () => tellsEnough(historyOf(monitor.counted()), limits),
    note() {
      noted = historyOf(monitor.counted());
    },
    keep() {
      before = noted;
    },
    begin() {
      baking ??= startBaking(before, monitor.counted(), limits);
    },
    finding() {
      if (!baking) return undefined;
      baking = withSeen(baking, monitor.counted());
      return bakeFinding(baking, limits, by);
    },
    unjudged: () => whyUnjudged(before, baking?.judged.counts, monitor.counted().unavailable),
    stop() {
      monitor.stop();
      source.stop();
    },
  };
}

/**
 * Why two periods cannot be compared; undefined if they can. Pure.
 *
 * @param unavailable why nothing is counted now
 */
export function whyUnjudged(
  before: Requests,
  after: Requests | undefined,
  unavailable: string | undefined,
): string | undefined {
  if (before.requests === 0) return unavailable ?? 'no request was seen before the update.';
  if (after && after.requests > 0) return undefined;
  return unavailable ?? 'no request was seen after the update.';
}

/**
 * Whether a history is long enough: half of the difference that should be noticed may be lost to its length.
 * Pure.
 */
export function tellsEnough(before: Requests, limits: BakeLimits): boolean {
  const rate = before.requests > 0 ? before.bad / before.requests : 0;
  return highestRate(before, limits) - rate <= limits.enough / 2;
}
