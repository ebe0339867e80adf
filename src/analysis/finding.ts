import type { ComparisonResult } from '../events.ts';
import { comparisonText } from '../sentences.ts';
import type { Comparison, Counted, StepCounts } from './counted.ts';
import type { LookCounts } from './judge/evidence.ts';
import {
  inStep,
  type Judged,
  nothingJudged,
  type SequentialLimits,
  sequentialVerdict,
} from './judge/sequential.ts';
import { slowBound, slowerThan, timed } from './slow.ts';
import type { Counts, Side } from './source/counts.ts';

/** What the judge says of one kind of bad request, on the canary compared with the reference. */
export interface Finding {
  /** Why the canary is bad, if it is. */
  bad?: string;
  /** The current step. */
  result: ComparisonResult;
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

/** Requests that failed. */
export function errorsOf(
  { steps, judged }: Seen,
  limits: SequentialLimits,
  than: Than = 'stable',
  source: ComparisonResult['source'] = 'router',
): Finding | undefined {
  return findingOf(steps, judged.failures, limits, {
    what: 'failed',
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
  if (bound === undefined) return current && { result: withoutBound(than) };
  return findingOf(steps, judged.slowness, limits, { what: 'slow', boundMs: bound, than, source: 'router' });
}

function boundOf({ counts, before }: StepCounts, thanMs: number | undefined): number | undefined {
  return slowBound(thanMs === undefined ? before.stable : counts.stable, thanMs);
}

function withoutBound(name: Than): ComparisonResult {
  const nothing = { requests: 0, bad: 0 };
  return {
    what: 'slow',
    canary: nothing,
    reference: { name, ...nothing },
    conclusive: false,
    source: 'router',
  };
}

interface Compared extends Pick<ComparisonResult, 'what' | 'boundMs' | 'source'> {
  than: Than;
}

function findingOf(
  steps: readonly StepCounts[],
  judged: Judged | undefined,
  limits: SequentialLimits,
  { than, ...compared }: Compared,
): Finding | undefined {
  const step = steps.at(-1);
  if (!step) return undefined;
  const now = inStep(step.step, judged ?? nothingJudged());
  const { counts: current } = now;
  const { verdict, detectable } = sequentialVerdict(now, limits);
  const result: ComparisonResult = {
    ...compared,
    canary: { requests: current.canaryRequests, bad: current.canaryBad },
    reference: { name: than, requests: current.stableRequests, bad: current.stableBad },
    ...(detectable === undefined ? {} : { detectable }),
    conclusive: verdict !== 'not enough to tell',
  };
  if (verdict !== 'bad') return { result };
  const worse = compared.what === 'failed' ? 'fails more than' : 'is slower than';
  return {
    bad: `The canary ${worse} ${than}: at ${step.weightPercent} %, ${comparisonText(result)}.`,
    result,
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
