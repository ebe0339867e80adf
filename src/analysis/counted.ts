import type { LookCounts } from './judge/evidence.ts';
import type { Judged } from './judge/sequential.ts';
import type { Counts, Reading, SideCounts } from './source/counts.ts';

/** One look at a source: its counters, or why there are none. */
export type Poll = CountersRead | { unavailable: string };

export interface CountersRead {
  reading: Reading;
  /** The histograms have no request that ended in so many milliseconds before; absent if they have all that are counted. */
  timesLateMs?: number;
}

/** How late a source counts the requests, in milliseconds. */
export interface Lateness {
  /** All requests that ended longer ago than this are counted. */
  nowMs: number;
  /** It is never later than this. */
  mostMs: number;
}

/** The counts while the canary had one weight. */
export interface StepCounts {
  /** Its index in the plan. */
  step: number;
  /** The weight that was written, in percent. */
  weightPercent: number;
  /** The canary has no users: its requests are copies of that share. */
  ofCopies?: true;
  /**
   * The counts since the first look at which the canary had answered a request. Before that, the weight was
   * not in force.
   */
  counts: SideCounts;
  /** All counts before that, since the processes began. */
  before: SideCounts;
}

/** What one look added. Its period begins `fromMs` after the write of the weight, and that of its histograms so much earlier. */
export interface Look {
  canary: Counts;
  stable: Counts;
  fromMs: number;
  timesLateMs: number;
}

/** What the judge compares at each look: failed requests, or slow ones. */
export type Test = 'failures' | 'slowness';

/**
 * Selects what one look, `grown`, counts for a test; undefined if nothing. `step` includes the look. Pure.
 */
export type Comparison = (step: StepCounts, grown: SideCounts) => LookCounts | undefined;

/** The state of a monitor. */
export interface Counted {
  /** The judge's state of each test after the last look. */
  judged: Readonly<Partial<Record<Test, Judged>>>;
  /** Why nothing can be counted at the moment. */
  unavailable?: string;
  /** For how long nothing could be counted, in milliseconds; 0 while it can. */
  unavailableMs: number;
  /** All requests since the first look, whatever the step. */
  seen: SideCounts;
  /** All requests that the source knows, also those from before the first look. */
  known: SideCounts;
  /** Finished steps, and the current one last. */
  steps: readonly StepCounts[];
  /** The looks of the last seconds of the current step, to decide whether its weight is in force. */
  window: readonly Look[];
  /** Requests that the canary answered in the last two seconds; undefined if they are not known. */
  recentCanary: number | undefined;
  /** How late the requests are counted; absent if they are counted at once. */
  late?: Lateness;
  /** How long the current step has had its weight, in milliseconds. */
  sinceMs: number;
}
