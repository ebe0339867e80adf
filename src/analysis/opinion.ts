import { type StepCounts as Judged, type SequentialLimits, sequentialVerdict } from './judge/sequential.ts';
import { shareAgrees } from './judge/share.ts';
import type { Counted, StepCounts } from './monitor.ts';

/** What the counters say of the canary, for the decision and for people. */
export interface Opinion {
  /** Why the canary is bad, where it is. */
  bad?: string;
  /** Whether the weight of the current step is in force. */
  share: {
    /** `unknown`: there are no counters to tell by. */
    verdict: 'agrees' | 'too few' | 'differs' | 'unknown';
    /** `9.7 % of 452 requests` */
    measured: string;
    /** Since the weight was written, in milliseconds. */
    sinceMs: number;
  };
  /** What the end of a step has to wait for: a check without a value. */
  pending?: string;
  /** The current step, in a sentence. */
  summary: string;
}

/** The opinion on what was counted; undefined where nothing can be counted. Pure. */
export function opinionOf(
  { steps, window, sinceMs, unavailable }: Counted,
  limits: SequentialLimits,
): Opinion | undefined {
  const current = steps.at(-1);
  if (unavailable !== undefined || !current) return undefined;
  const verdict = sequentialVerdict(steps.map(judged), limits);
  const { canary, stable } = current.counts;
  const both = `${thousands(canary.failed)} of ${thousands(canary.requests)} requests failed on the canary, ${thousands(stable.failed)} of ${thousands(stable.requests)} on stable`;
  const seen =
    verdict.detectable === undefined
      ? 'too few requests to tell anything'
      : `a failure rate of ${percent(verdict.detectable)} or more on the canary would have been seen`;
  return {
    ...(verdict.verdict === 'bad'
      ? { bad: `The canary fails more than stable: at ${current.weightPercent} %, ${both}.` }
      : {}),
    share: {
      verdict: inForce(window, current.weightPercent, steps.at(-2)?.weightPercent ?? 0),
      measured: `${percent(window.total > 0 ? window.canary / window.total : 0)} of ${thousands(window.total)} requests`,
      sinceMs,
    },
    summary: `${both}; ${seen}`,
  };
}

/** The router's queue (3.3 s), the lag of its counters (1 s), and a look: before that another share is no wonder. */
const ROUTER_FOLLOWS_MS = 8_000;

function inForce(
  { canary, total, fromMs }: Counted['window'],
  weightPercent: number,
  previousPercent: number,
): 'agrees' | 'too few' | 'differs' {
  const verdict = shareAgrees({ canary, total, weightPercent, previousPercent });
  // what was counted while the router may still have been on its way says nothing against it
  return verdict === 'differs' && fromMs < ROUTER_FOLLOWS_MS ? 'too few' : verdict;
}

function judged({ counts: { canary, stable } }: StepCounts): Judged {
  return {
    canaryRequests: canary.requests,
    canaryBad: canary.failed,
    stableRequests: stable.requests,
    stableBad: stable.failed,
  };
}

function thousands(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** Two digits that say something. */
function percent(rate: number): string {
  return `${Number((rate * 100).toPrecision(2))} %`;
}
