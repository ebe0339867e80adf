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

/** The judge's finding for one kind of bad request, from the canary and its reference. */
export interface Finding {
  /** Why the canary is bad, if it is. */
  bad?: string;
  /** The result of the current step. */
  result: ComparisonResult;
}

type Seen = Pick<Counted, 'steps' | 'judged'>;
type Reference = Exclude<Side, 'canary'>;

/** A comparison of failed requests. */
export function failuresThan(reference: Reference): Comparison {
  return (_, { canary, [reference]: other }) => sides(canary, other, (each) => [each.requests, each.failed]);
}

/**
 * A comparison of slow requests. A request is slow if it takes longer than `limitMs`, or else longer than
 * nine in ten of stable's requests before the step. Each step has its own bound, from the counts before it. A
 * bound that depends on the step's own requests would invalidate the judge's guarantee.
 */
export function slownessThan(reference: Reference, limitMs: number | undefined): Comparison {
  return (step, { canary, [reference]: other }) => {
    const bound = boundOf(step, limitMs);
    if (bound === undefined) return undefined;
    return sides(canary, other, (each) => [timed(each), slowerThan(each, bound)]);
  };
}

/** The finding for failed requests. */
export function errorsOf(
  { steps, judged }: Seen,
  limits: SequentialLimits,
  reference: Reference = 'stable',
  source: ComparisonResult['source'] = 'router',
): Finding | undefined {
  return findingOf(steps, judged.failures, limits, {
    what: 'failed',
    reference,
    source,
  });
}

/** The finding for slow requests, as `slownessThan` compares them. */
export function slownessOf(
  { steps, judged }: Seen,
  limitMs: number | undefined,
  limits: SequentialLimits,
  reference: Reference = 'stable',
): Finding | undefined {
  const current = steps.at(-1);
  const bound = current && boundOf(current, limitMs);
  if (bound === undefined) return current && { result: withoutBound(reference) };
  return findingOf(steps, judged.slowness, limits, {
    what: 'slow',
    boundMs: bound,
    reference,
    source: 'router',
  });
}

function boundOf({ counts, before }: StepCounts, limitMs: number | undefined): number | undefined {
  return slowBound(limitMs === undefined ? before.stable : counts.stable, limitMs);
}

function withoutBound(name: Reference): ComparisonResult {
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
  reference: Reference;
}

function findingOf(
  steps: readonly StepCounts[],
  judged: Judged | undefined,
  limits: SequentialLimits,
  { reference, ...compared }: Compared,
): Finding | undefined {
  const step = steps.at(-1);
  if (!step) return undefined;
  const now = inStep(step.step, judged ?? nothingJudged());
  const { counts: current } = now;
  const { verdict, detectable } = sequentialVerdict(now, limits);
  const result: ComparisonResult = {
    ...compared,
    canary: { requests: current.canaryRequests, bad: current.canaryBad },
    reference: { name: reference, requests: current.stableRequests, bad: current.stableBad },
    ...(detectable === undefined ? {} : { detectable }),
    conclusive: verdict !== 'not enough to tell',
  };
  if (verdict !== 'bad') return { result };
  const worse = compared.what === 'failed' ? 'fails more than' : 'is slower than';
  return {
    bad: `The canary ${worse} ${reference}: at ${step.weightPercent} %, ${comparisonText(result)}.`,
    result,
  };
}

function sides(
  canary: Counts,
  reference: Counts,
  of: (counts: Counts) => [requests: number, bad: number],
): LookCounts {
  const [[canaryRequests, canaryBad], [stableRequests, stableBad]] = [of(canary), of(reference)];
  return { canaryRequests, canaryBad, stableRequests, stableBad };
}
