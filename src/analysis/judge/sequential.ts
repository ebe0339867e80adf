import { detectableRate } from './detectable.ts';
import { combined, logEvidence, neededNow } from './evidence.ts';

/** What the counters say of one step, from its start: requests, and those of them that were bad. */
export interface StepCounts {
  readonly canaryRequests: number;
  readonly canaryBad: number;
  readonly stableRequests: number;
  readonly stableBad: number;
}

export interface SequentialLimits {
  /** The probability, 0 to 1, that a promotion without a difference is called bad by any of its tests at any look. */
  readonly alpha: number;
  /** How many tests (checks judged in this way) share alpha; steps and looks do not count. Decided before the start. */
  readonly tests: number;
  /** How many steps are planned; the same at every look. */
  readonly plannedSteps: number;
  /** A step is enough to tell when a canary whose rate of bad requests is this much above stable's, 0 to 1, would have been seen. */
  readonly enough?: number;
}

export interface SequentialVerdict {
  readonly verdict: 'bad' | 'nothing found' | 'not enough to tell';
  /** ln E of the promotion so far, and what it must reach for `bad`. */
  readonly logEvidence: number;
  readonly needed: number;
  /** The current step's measured share of requests on the canary, and its rates of bad requests, 0 to 1; 0 where there are no requests. */
  readonly canaryShare: number;
  readonly canaryRate: number;
  readonly stableRate: number;
  /** The rate of bad requests on the canary that would have been seen by now, with a certainty of 95 %; undefined when none would. */
  readonly detectable: number | undefined;
}

/** Without a word from the user, a canary that fails a tenth of its requests more than stable must not go unseen. */
const ENOUGH = 0.1;

/**
 * Is the canary worse? Steps in their order, the last one is the current one. `bad` is final: stop there, since evidence may fall again
 * and the promise of alpha is for the first time it is reached. A canary that is better is never bad. The tests share alpha by the
 * union bound: each must reach tests/alpha.
 */
export function sequentialVerdict(steps: readonly StepCounts[], limits: SequentialLimits): SequentialVerdict {
  const { alpha, tests, plannedSteps, enough = ENOUGH } = limits;
  const needed = Math.log(Math.max(1, tests) / alpha);
  const current = steps.at(-1) ?? { canaryRequests: 0, canaryBad: 0, stableRequests: 0, stableBad: 0 };
  const evidences = steps.map((step) => logEvidence({ ...step, canaryShare: shareOf(step) }));
  const total = combined(evidences, plannedSteps);
  const stableRate = rate(current.stableBad, current.stableRequests);
  const detectable = detectableRate(current, neededNow(needed, evidences.slice(0, -1), plannedSteps));
  const sees = detectable !== undefined && detectable - stableRate <= enough;
  return {
    verdict: total >= needed ? 'bad' : sees ? 'nothing found' : 'not enough to tell',
    logEvidence: total,
    needed,
    canaryShare: shareOf(current),
    canaryRate: rate(current.canaryBad, current.canaryRequests),
    stableRate,
    detectable,
  };
}

function shareOf({ canaryRequests, stableRequests }: StepCounts): number {
  return rate(canaryRequests, canaryRequests + stableRequests);
}

function rate(part: number, whole: number): number {
  return part >= 0 && whole > 0 ? part / whole : 0;
}
