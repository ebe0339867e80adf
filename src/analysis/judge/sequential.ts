import { detectableRate } from './detectable.ts';
import {
  atNewStep,
  type Evidence,
  type LookCounts,
  logEvidence,
  logEvidenceWith,
  NO_COUNTS,
  noEvidence,
  plus,
  withLook,
} from './evidence.ts';

/** What the judge knows after some looks. Its size is fixed, whatever the number of looks and steps. */
export interface Judged {
  readonly evidence: Evidence;
  /** The largest ln E at any look so far: the promise of alpha is for the first time that it is reached. */
  readonly mostLogEvidence: number;
  /** The current step: its index in the plan, what was counted in it, and the evidence at its start. */
  readonly step: number | undefined;
  readonly counts: LookCounts;
  readonly atStart: Evidence;
}

export interface SequentialLimits {
  /**
   * The probability, 0 to 1, that a promotion without a difference is called bad by any of its tests at any
   * look.
   */
  readonly alpha: number;
  /**
   * How many tests (checks judged in this way) share alpha; steps and looks do not count. Decided before the
   * start.
   */
  readonly tests: number;
  /**
   * A step is enough to tell when a canary whose rate of bad requests is this much above stable's, 0 to 1,
   * would have been seen.
   */
  readonly enough?: number;
}

export interface SequentialVerdict {
  readonly verdict: 'bad' | 'nothing found' | 'not enough to tell';
  /** The largest ln E of the promotion so far, and what it must reach for `bad`. */
  readonly logEvidence: number;
  readonly needed: number;
  /**
   * The current step's measured share of requests on the canary, and its rates of bad requests, 0 to 1; 0
   * without requests.
   */
  readonly canaryShare: number;
  readonly canaryRate: number;
  readonly stableRate: number;
  /**
   * The rate of bad requests on the canary that would have been seen by now, with a certainty of 95 %;
   * undefined if none would.
   */
  readonly detectable: number | undefined;
}

/**
 * Without a setting of the user, a canary that fails a tenth of its requests more than stable must not go
 * unseen.
 */
const ENOUGH = 0.1;

/** Nothing was counted yet. */
export function nothingJudged(): Judged {
  const evidence = noEvidence();
  return { evidence, mostLogEvidence: 0, step: undefined, counts: NO_COUNTS, atStart: evidence };
}

/**
 * What the judge knows in this step: the same, or with a new step begun if it is another one than that of the
 * last look.
 */
export function inStep(step: number, judged: Judged): Judged {
  if (step === judged.step) return judged;
  const evidence = atNewStep(judged.evidence);
  return { ...judged, evidence, step, counts: NO_COUNTS, atStart: evidence };
}

/** What the judge knows after one more look in this step. */
export function withLookIn(step: number, judged: Judged, look: LookCounts): Judged {
  const before = inStep(step, judged);
  const evidence = withLook(before.evidence, look);
  return {
    ...before,
    evidence,
    mostLogEvidence: Math.max(before.mostLogEvidence, logEvidence(evidence)),
    counts: plus(before.counts, look),
  };
}

/**
 * Is the canary worse? `bad` is final, also if the evidence falls again. A canary that is better is never
 * bad. The tests share alpha by the union bound: each must reach tests/alpha. `detectable` is what the
 * current step would have seen with the evidence at its start; stakes that were laid later only add to that,
 * so it is on the safe side.
 */
export function sequentialVerdict(judged: Judged, limits: SequentialLimits): SequentialVerdict {
  const { alpha, tests, enough = ENOUGH } = limits;
  const { counts, atStart, mostLogEvidence } = judged;
  const needed = Math.log(Math.max(1, tests) / alpha);
  const canaryShare = rate(counts.canaryRequests, counts.canaryRequests + counts.stableRequests);
  const stableRate = rate(counts.stableBad, counts.stableRequests);
  const detectable = detectableRate(
    counts.canaryRequests,
    canaryShare,
    (canaryBad) =>
      logEvidenceWith(atStart, { canaryBad, stableBad: counts.stableBad, canaryShare }) >= needed,
  );
  const sees = detectable !== undefined && detectable - stableRate <= enough;
  return {
    verdict: mostLogEvidence >= needed ? 'bad' : sees ? 'nothing found' : 'not enough to tell',
    logEvidence: mostLogEvidence,
    needed,
    canaryShare,
    canaryRate: rate(counts.canaryBad, counts.canaryRequests),
    stableRate,
    detectable,
  };
}

function rate(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
