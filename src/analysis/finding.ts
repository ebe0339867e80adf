import { type StepCounts as Judged, type SequentialLimits, sequentialVerdict } from './judge/sequential.ts';
import type { StepCounts } from './monitor.ts';
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

/** Requests that failed. @param source who counted, for people; nothing where that is plain */
export function errorsOf(
  steps: readonly StepCounts[],
  limits: SequentialLimits,
  than: Exclude<Side, 'canary'> = 'stable',
  source = '',
): Finding | undefined {
  const judged = steps.map(({ counts }) =>
    sides(counts.canary, counts[than], (each) => [each.requests, each.failed]),
  );
  return findingOf(steps, judged, limits, {
    worse: `The canary fails more than ${than}`,
    bad: 'failed',
    seen: (rate) => `a failure rate of ${rate} or more on the canary would have been seen`,
    than,
    source,
  });
}

/**
 * Requests that took long: longer than the bound, or than what nine in ten of stable's requests took until the step began. Each step has its own
 * bound, from what was counted before it: one that was chosen with the step's own requests in view would break the judge's promise.
 */
export function slownessOf(
  steps: readonly StepCounts[],
  thanMs: number | undefined,
  limits: SequentialLimits,
  than: Exclude<Side, 'canary'> = 'stable',
): Finding | undefined {
  let bound: number | undefined;
  const judged = steps.map(({ counts, before }): Judged => {
    bound = slowBound(thanMs === undefined ? before.stable : counts.stable, thanMs);
    const at = bound;
    return sides(counts.canary, counts[than], (each) =>
      at === undefined ? [0, 0] : [timed(each), slowerThan(each, at)],
    );
  });
  if (bound === undefined) return steps.length > 0 ? { enough: false, summary: NO_BOUND } : undefined;
  return findingOf(steps, judged, limits, {
    worse: `The canary is slower than ${than}`,
    bad: `took more than ${Number(bound.toPrecision(6))} ms`,
    seen: (rate) => `${rate} or more of them on the canary would have been seen`,
    than,
    source: '',
  });
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
  judged: readonly Judged[],
  limits: SequentialLimits,
  { worse, bad, seen, than, source }: Words,
): Finding | undefined {
  const current = judged.at(-1);
  if (!current) return undefined;
  const { verdict, detectable } = sequentialVerdict(judged, limits);
  const both = `${source}${thousands(current.canaryBad)} of ${thousands(current.canaryRequests)} requests ${bad} on the canary, ${thousands(current.stableBad)} of ${thousands(current.stableRequests)} on ${than}`;
  const sight = detectable === undefined ? 'too few requests to tell anything' : seen(percent(detectable));
  return {
    ...(verdict === 'bad' ? { bad: `${worse}: at ${steps.at(-1)?.weightPercent} %, ${both}.` } : {}),
    enough: verdict !== 'not enough to tell',
    summary: `${both}; ${sight}`,
  };
}

function sides(
  canary: Counts,
  than: Counts,
  of: (counts: Counts) => [requests: number, bad: number],
): Judged {
  const [[canaryRequests, canaryBad], [stableRequests, stableBad]] = [of(canary), of(than)];
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}
