import type { CheckResult, ComparisonResult, ScoreResult } from '../measurements.ts';
import type { ChecksSeen } from './checks/state.ts';
import type { Counted, Lateness, Look } from './counted.ts';
import type { Finding } from './finding.ts';
import { type MeasuredShare, requestsOf, shareAgrees } from './judge/share.ts';

/** What the measurements say about the canary, for the decision and for people. */
export interface Assessment {
  /** Why the canary is bad, if it is. */
  failure?: string;
  /** What the user can do if it is bad for a good reason. */
  failureHint?: string;
  /** Whether the weight of the current step is in force. */
  trafficShare: {
    /** `unknown`: there are no counters. */
    verdict: 'agrees' | 'too few' | 'differs' | 'unknown';
    /** Requests of the last polls: those on the canary, and all. */
    canary: number;
    total: number;
    /** Since the weight was written, in milliseconds. */
    sinceMs: number;
  };
  /** A check without a value, for which the end of a step has to wait. */
  pending?: string;
  /**
   * Why the router's requests are not counted at this moment; undefined while they are, or if nothing counts
   * them.
   */
  blind?: string;
  /** How late the requests are counted; absent if something that judges counts them at once. */
  late?: Lateness;
  /** Whether enough requests were counted to notice a difference of `detectable`. */
  conclusive: boolean;
  /** The score of Kayenta's judge, if it is used. It counts at the end of a step. */
  score?: ScoreResult;
  /** The comparisons of the current step, the most important one for people first. */
  comparisons: readonly ComparisonResult[];
  checks: readonly CheckResult[];
}

/** The properties of the route that the counts come from. */
export interface RouteTraits {
  /**
   * The longest time until the router follows a weight, in milliseconds. A difference before that is
   * expected.
   */
  followsWithinMs: number;
  /** Whether a header or a cookie may send more requests to the canary than its weight. */
  isSteered: boolean;
  /** Whether a session cookie keeps users on stable at any weight, so that the canary gets fewer. */
  isSticky: boolean;
}

/**
 * Combines all findings: the canary is bad if any of them is bad. Without counters the weight cannot be
 * confirmed. Pure.
 *
 * @param findings those of the judge, the most important one for people first; undefined if nothing can be
 * counted
 */
export function assess(
  counted: Counted | undefined,
  findings: readonly (Finding | undefined)[],
  checks: ChecksSeen,
  podFault: string | undefined,
  route: RouteTraits,
): Assessment {
  const found = findings.flatMap((each) => each ?? []);
  const comparisons = found.map(({ result }) => result);
  const worst = found.find((each) => each.bad !== undefined);
  const bad = podFault ?? worst?.bad ?? checks.bad;
  const hint = podFault === undefined ? worst?.hint : undefined;
  const { pending, score } = checks;
  return {
    ...(bad === undefined ? {} : { failure: bad }),
    ...(hint === undefined ? {} : { failureHint: hint }),
    trafficShare: shareOf(counted, route),
    ...(pending === undefined ? {} : { pending }),
    ...(counted?.unavailable === undefined ? {} : { blind: counted.unavailable }),
    conclusive: comparisons.length > 0 && comparisons.every((each) => each.conclusive),
    ...(score === undefined ? {} : { score }),
    comparisons,
    checks: checks.results,
  };
}

/** Whether the weight of the current step is in force, by the last polls. */
function shareOf(
  counted: Counted | undefined,
  { followsWithinMs, isSteered, isSticky }: RouteTraits,
): Assessment['trafficShare'] {
  const current = counted?.steps.at(-1);
  if (!counted || !current || counted.unavailable !== undefined)
    return { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 };
  const { window, steps, sinceMs, late } = counted;
  // a late source counts requests from before the weight for a while
  const expectedMs = followsWithinMs + (late?.mostMs ?? 0);
  const weights = {
    weightPercent: current.weightPercent,
    previousPercent: steps.at(-2)?.weightPercent ?? 0,
  };
  const { verdict, ...share } = inForce(window, weights, expectedMs);
  const isMore = share.canary * 100 > share.total * current.weightPercent;
  const isExpected = verdict === 'differs' && (isMore ? isSteered : isSticky);
  return {
    // no request at all does not show that the router knows the canary
    verdict: isExpected ? (share.canary > 0 ? 'agrees' : 'too few') : verdict,
    ...share,
    sinceMs,
  };
}

/** A difference while the router may still be changing the weight proves nothing, nor do requests that began before that. */
function inForce(
  looks: readonly Look[],
  weights: Pick<MeasuredShare, 'weightPercent' | 'previousPercent'>,
  expectedMs: number,
): Pick<Assessment['trafficShare'], 'verdict' | 'canary' | 'total'> {
  const all = requestsOf(looks);
  const verdict = shareAgrees({ ...all, ...weights });
  if (verdict !== 'differs') return { verdict, ...all };
  if ((looks[0]?.fromMs ?? 0) < expectedMs) return { verdict: 'too few', ...all };
  const begunSince = requestsOf(looks, expectedMs);
  return { verdict: shareAgrees({ ...begunSince, ...weights }), ...begunSince };
}
