import type { CheckResult, ComparisonResult, ScoreResult } from '../events.ts';
import type { ChecksSeen } from './checks/runner.ts';
import type { Counted } from './counted.ts';
import type { Finding } from './finding.ts';
import { shareAgrees } from './judge/share.ts';

/** What was measured says of the canary, for the decision and for people. */
export interface Assessment {
  /** Why the canary is bad, where it is. */
  failure?: string;
  /** Whether the weight of the current step is in force. */
  trafficShare: {
    /** `unknown`: there are no counters to tell by. */
    verdict: 'agrees' | 'too few' | 'differs' | 'unknown';
    /** Requests of the last looks: those on the canary, and all. */
    canary: number;
    total: number;
    /** Since the weight was written, in milliseconds. */
    sinceMs: number;
  };
  /** What the end of a step has to wait for: a check without a value. */
  pending?: string;
  /** Whether a difference that matters would have been seen by now. */
  enough: boolean;
  /** What Kayenta's judge gives, where it is asked; it counts at the end of a step. */
  score?: ScoreResult;
  /** The current step, by whoever counts; the one that people read first comes first. */
  comparisons: readonly ComparisonResult[];
  checks: readonly CheckResult[];
}

/** What is known of the route that the counts come from. */
export interface RouteTraits {
  /**
   * The router's longest time to follow a weight, in milliseconds; a difference before that means nothing.
   */
  followsWithinMs: number;
  /** Whether more requests than the weight says may come to the canary, by a header or a cookie. */
  isSteered: boolean;
}

/**
 * All that is known, as one opinion: what any of them finds bad is bad. Without counters the weight cannot be
 * confirmed. Pure.
 *
 * @param findings the judge's, the one that people read first in front; undefined if nothing can be counted
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
  const bad = podFault ?? found.find((each) => each.bad !== undefined)?.bad ?? checks.bad;
  const { pending, score } = checks;
  return {
    ...(bad === undefined ? {} : { failure: bad }),
    trafficShare: shareOf(counted, route),
    ...(pending === undefined ? {} : { pending }),
    enough: comparisons.length > 0 && comparisons.every(({ conclusive }) => conclusive),
    ...(score === undefined ? {} : { score }),
    comparisons,
    checks: checks.results,
  };
}

/** Whether the weight of the current step is in force, by the last looks. */
function shareOf(
  counted: Counted | undefined,
  { followsWithinMs, isSteered }: RouteTraits,
): Assessment['trafficShare'] {
  const current = counted?.steps.at(-1);
  if (!counted || !current || counted.unavailable !== undefined)
    return { verdict: 'unknown', canary: 0, total: 0, sinceMs: 0 };
  const { window, steps, sinceMs } = counted;
  const verdict = inForce(window, current.weightPercent, steps.at(-2)?.weightPercent ?? 0, followsWithinMs);
  const isMore = window.canary * 100 > window.total * current.weightPercent;
  return {
    verdict: verdict === 'differs' && isMore && isSteered ? 'agrees' : verdict,
    canary: window.canary,
    total: window.total,
    sinceMs,
  };
}

function inForce(
  { canary, total, fromMs }: Counted['window'],
  weightPercent: number,
  previousPercent: number,
  followsWithinMs: number,
): 'agrees' | 'too few' | 'differs' {
  const verdict = shareAgrees({ canary, total, weightPercent, previousPercent });
  // what was counted while the router may still have been on its way says nothing against it
  return verdict === 'differs' && fromMs < followsWithinMs ? 'too few' : verdict;
}
