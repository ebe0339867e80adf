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

/** The judge's state after some looks. Its size does not depend on the number of looks and steps. */
export interface Judged {
  readonly evidence: Evidence;
  /**
   * The largest ln E at any look so far, because the guarantee of alpha is for the first time that E reaches
   * its limit.
   */
  readonly mostLogEvidence: number;
  /** The current step: its index in the plan, its counts, and the evidence at its start. */
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
   * The number of tests (checks that are judged in this way) that share alpha; steps and looks do not count.
   * Fixed before the start.
   */
  readonly tests: number;
  /**
   * A step is conclusive if the judge would have noticed a canary whose rate of bad requests is higher than
   * stable's by this difference, 0 to 1.
   */
  readonly enough?: number;
}

export interface SequentialVerdict {
  readonly verdict: 'bad' | 'nothing found' | 'not enough to tell';
  /** The largest ln E of the promotion so far, and the limit for `bad`. */
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
   * The rate of bad requests on the canary that the judge would have noticed by now, with a certainty of 95
   * %; undefined if none.
   */
  readonly detectable: number | undefined;
}

/**
 * The default of `enough`: the judge must notice a canary that fails a tenth of its requests more than
 * stable.
 */
const ENOUGH = 0.1;

/** The state before anything was counted. */
export function nothingJudged(): Judged {
  const evidence = noEvidence();
  return { evidence, mostLogEvidence: 0, step: undefined, counts: NO_COUNTS, atStart: evidence };
}

/** The judge's state in this step. It begins a new step if the last look was in another one. */
export function inStep(step: number, judged: Judged): Judged {
  if (step === judged.step) return judged;
  const evidence = atNewStep(judged.evidence);
  return { ...judged, evidence, step, counts: NO_COUNTS, atStart: evidence };
}

/** The judge's state after one more look in this step. */
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
 * Is the canary worse? `bad` is final, even if the evidence falls again. A canary that is better is never
 * bad. The tests share alpha by the union bound: each must reach tests/alpha. `detectable` is what the
 * current step would have noticed with the evidence at its start. Stakes that were bet later only add to
 * that, so it is never too low.
 */
export function sequentialVerdict(judged: Judged, limits: SequentialLimits): SequentialVerdict {
  const { alpha, tests, enough = ENOUGH } = limits;
  const { counts, atStart, mostLogEvidence } = judged;
  const needed = Math.log(Math.max(1, tests) / alpha);
  const canaryShare = rate(counts.canaryRequests, counts.canaryRequests + counts.stableRequests);
  const stableRate = rate(counts.stableBad, counts.stableRequests);
  const notices = (canaryBad: number) =>
    logEvidenceWith(atStart, { canaryBad, stableBad: counts.stableBad, canaryShare }) >= needed;
  const detectable = canaryShare < 1 ? detectableRate(counts.canaryRequests, notices) : undefined;
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
