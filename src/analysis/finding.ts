import type { LookCounts } from './judge/evidence.ts';
import {
  inStep,
  type Judged,
  nothingJudged,
  type SequentialLimits,
  sequentialVerdict,
} from './judge/sequential.ts';
import type { Comparison, Counted, StepCounts } from './monitor.ts';
import { percent, thousands } from './numbers.ts';
import { slowBound, slowerThan, timed } from './slow.ts';
import type { Counts, Side } from './source/counts.ts';

/** What the judge says of one kind of bad request, on the canary against those that it is compared with. */
export interface Finding {
  /** Why the canary is bad, where it is. */
  bad?: string;
  /** Whether a difference that matters would have been seen by now. */
  enough: boolean;
  /** The current step, in a sentence. */
  summary: string;
}

type Seen = Pick<Counted, 'steps' | 'judged'>;
type Than = Exclude<Side, 'canary'>;

/** Compares failed requests. */
export function failuresThan(than: Than): Comparison {
  return (_, { canary, [than]: other }) => sides(canary, other, (each) => [each.requests, each.failed]);
}

/**
 * Compares requests that took long: longer than the bound, or than what nine in ten of stable's requests took
 * until the step began. Each step has its own bound, from what was counted before it. A bound chosen with the
 * step's own requests in view would break the judge's promise.
 */
export function slownessThan(than: Than, thanMs: number | undefined): Comparison {
  return (step, { canary, [than]: other }) => {
    const bound = boundOf(step, thanMs);
    if (bound === undefined) return undefined;
    return sides(canary, other, (each) => [timed(each), slowerThan(each, bound)]);
  };
}

/** Requests that failed. @param source who counted, for people; nothing where that is plain */
export function errorsOf(
  { steps, judged }: Seen,
  limits: SequentialLimits,
  than: Than = 'stable',
  source = '',
): Finding | undefined {
  return findingOf(steps, judged.failures, limits, {
    worse: `The canary fails more than ${than}`,
    bad: 'failed',
    seen: (rate) => `a failure rate of ${rate} or more on the canary would have been seen`,
    than,
    source,
  });
}

/** Requests that took long, as `slownessThan` compares them. */
export function slownessOf(
  { steps, judged }: Seen,
  thanMs: number | undefined,
  limits: SequentialLimits,
  than: Than = 'stable',
): Finding | undefined {
  const current = steps.at(-1);
  const bound = current && boundOf(current, thanMs);
  if (bound === undefined) return current && { enough: false, summary: NO_BOUND };
  return findingOf(steps, judged.slowness, limits, {
    worse: `The canary is slower than ${than}`,
    bad: `took more than ${Number(bound.toPrecision(6))} ms`,
    seen: (rate) => `${rate} or more of them on the canary would have been seen`,
    than,
    source: '',
  });
}

function boundOf({ counts, before }: StepCounts, thanMs: number | undefined): number | undefined {
  return slowBound(thanMs === undefined ? before.stable : counts.stable, thanMs);
}

const NO_BOUND = 'latency: not known yet what is slow for stable';

interface Words {
  worse: string;
  bad: string;
  seen(rate: string): string;
  than: string;
  source: string;
}

function findingOf(
  steps: readonly StepCounts[],
  judged: Judged | undefined,
  limits: SequentialLimits,
  { worse, bad, seen, than, source }: Words,
): Finding | undefined {
  const step = steps.at(-1);
  if (!step) return undefined;
  const now = inStep(step.step, judged ?? nothingJudged());
  const { counts: current } = now;
  const { verdict, detectable } = sequentialVerdict(now, limits);
  const both = `${source}${thousands(current.canaryBad)} of ${thousands(current.canaryRequests)} requests ${bad} on the canary, ${thousands(current.stableBad)} of ${thousands(current.stableRequests)} on ${than}`;
  const sight = detectable === undefined ? 'too few requests to tell anything' : seen(percent(detectable));
  return {
    ...(verdict === 'bad' ? { bad: `${worse}: at ${step.weightPercent} %, ${both}.` } : {}),
    enough: verdict !== 'not enough to tell',
    summary: `${both}; ${sight}`,
  };
}

function sides(
  canary: Counts,
  than: Counts,
  of: (counts: Counts) => [requests: number, bad: number],
): LookCounts {
  const [[canaryRequests, canaryBad], [stableRequests, stableBad]] = [of(canary), of(than)];
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}
