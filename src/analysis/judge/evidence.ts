import { logIncompleteBeta } from './incomplete-beta.ts';
import { logBeta } from './log-gamma.ts';

/** The bad events (failed requests, or requests slower than a bucket) of one step, and how the requests were split. */
export interface Split {
  readonly canaryBad: number;
  readonly stableBad: number;
  /** The canary's share of the step's requests, 0 to 1: measured, never the nominal weight. */
  readonly canaryShare: number;
}

/**
 * The logarithm of the evidence that the canary is worse, from one step: ln E of the e-process of Lindon and Malek, "Anytime-valid
 * inference for multinomial count data" (arXiv 2011.03567), made one-sided. Where canary and stable are equally good, each bad event
 * falls on the canary with probability t0, its share of the requests; a worse canary gets more of them. E is the likelihood ratio,
 * averaged over all shares from t0 to 1, uniformly:
 *
 *     ln E = ln B(1 + c, 1 + s) + ln P(Beta(1 + c, 1 + s) > t0) - ln(1 - t0) - c ln t0 - s ln(1 - t0)
 *
 * It may be looked at any number of times: without a difference it reaches 1/alpha at any time with probability alpha at most, also
 * while the rates of both vary together. A better canary only lowers it. Given the numbers of requests, c is hypergeometric, which
 * Hoeffding (1963) bounds by the binomial that is used here.
 *
 * The prior is uniform on (t0, 1), not the Beta(1, 1) on (0, 1): a share below t0 would only take power away. Others (Beta with its
 * mean at t0 and the weight of 1 to 30 events, mixtures, two-sided ones) were measured over 35 cases of weight, rate and fault: none
 * is faster on the whole, and this one is the fastest where it counts, when stable hardly fails and the canary does.
 *
 * Nothing observed, numbers that are none, and shares of 0 and 1 (nobody to compare with) say nothing: 0.
 */
export function logEvidence({ canaryBad, stableBad, canaryShare }: Split): number {
  if (!(canaryBad >= 0 && stableBad >= 0 && canaryShare > 0 && canaryShare < 1)) return 0;
  const all = canaryBad + stableBad;
  if (all === 0 || !Number.isFinite(all)) return 0;
  const rest = Math.log1p(-canaryShare);
  return (
    logBeta(1 + canaryBad, 1 + stableBad) +
    logIncompleteBeta(1 - canaryShare, 1 + stableBad, 1 + canaryBad) -
    canaryBad * Math.log(canaryShare) -
    (stableBad + 1) * rest
  );
}

/**
 * ln E of a whole promotion from those of its steps so far, the last one the current one. A stake of one is divided over the planned
 * steps; each part is laid at the start of its step and stays in the game from there on, so that E is the mean over all steps of the
 * product from that step to the current one, and 1 for a step that has not begun: again an e-process. A plain product would be one too,
 * but one that clean steps pull down, so that what begins in the third step is found twice as late (measured: bench/analysis-steps.ts).
 *
 * `planned` must be the same at every look. With fewer than there are steps, the steps count.
 */
export function combined(logEvidences: readonly number[], planned: number): number {
  const stakes = Math.max(planned, logEvidences.length, 1);
  const { running, idle } = laid(logEvidences, stakes);
  return logSum([running, Math.log(idle)]) - Math.log(stakes);
}

/** The ln E that the current step must have for `combined` to reach `needed`, after the finished steps. */
export function neededNow(needed: number, finished: readonly number[], planned: number): number {
  const stakes = Math.max(planned, finished.length + 1);
  const { running, idle } = laid([...finished, 0], stakes);
  const wanted = Math.log(stakes) + needed;
  if (idle === 0) return wanted - running;
  return wanted > Math.log(idle) ? wanted + Math.log1p(-Math.exp(Math.log(idle) - wanted)) - running : 0;
}

function laid(logEvidences: readonly number[], stakes: number): { running: number; idle: number } {
  const running = logEvidences.reduce((sum, each) => logSum([sum, 0]) + each, Number.NEGATIVE_INFINITY);
  return { running, idle: stakes - logEvidences.length };
}

function logSum(logs: readonly number[]): number {
  const most = Math.max(...logs);
  if (!Number.isFinite(most)) return most;
  return most + Math.log(logs.reduce((sum, each) => sum + Math.exp(each - most), 0));
}
