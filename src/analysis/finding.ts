import type { ComparisonResult } from '../measurements.ts';
import { chanceText, comparisonText } from '../sentences.ts';
import type { Comparison, Counted, StepCounts } from './counted.ts';
import type { LookCounts } from './judge/evidence.ts';
import {
  inStep,
  type Judged,
  nothingJudged,
  type SequentialLimits,
  sequentialVerdict,
} from './judge/sequential.ts';
import { type SlowLimit, slowerThan, slowLimitMs, TOLERATED_SHARE, timed } from './slow.ts';
import type { Counts, Side } from './source/counts.ts';

/** The judge's finding for one kind of bad request, from the canary and its reference. */
export interface Finding {
  /** Why the canary is bad, if it is. */
  bad?: string;
  /** What the user can do if the canary is bad for a good reason. */
  hint?: string;
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
 * A comparison of slow requests. Each step has its own bound between slow and fast, from the counts before it.
 * A bound that depends on the step's own requests would invalidate the judge's guarantee.
 *
 * In a tolerant comparison, the reference gets a share of its requests as additional slow ones. The guarantee
 * then holds for every canary whose rate of slow requests is at most that share above the reference. In the
 * words of `withLook`: with K = 1 - p + r p, rates a of the canary and b of the reference, n and m requests,
 * and a share d, the factor r^c / K^(c + s + d m) has an expectation of at most
 * exp(m p (r - 1) / K (a - b) - d m ln K), which is at most 1 if a - b <= d, because 1 - 1/K <= ln K.
 */
export function slownessThan(reference: Reference, limit: SlowLimit): Comparison {
  return (step, { canary, [reference]: other }) => {
    const bound = boundOf(step, limit);
    if (bound === undefined) return undefined;
    const look = sides(canary, other, (each) => [timed(each), slowerThan(each, bound)]);
    return { ...look, stableBad: look.stableBad + toleratedOf(look.stableRequests, limit) };
  };
}

/** The additional slow requests of the reference. */
function toleratedOf(requests: number, limit: SlowLimit | undefined): number {
  return limit?.isTolerant ? TOLERATED_SHARE * requests : 0;
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

/**
 * The finding for slow requests, as `slownessThan` compares them. No step waits for a tolerant comparison, and
 * there is no finding as long as it has counted nothing in the step.
 */
export function slownessOf(
  { steps, judged }: Seen,
  limit: SlowLimit,
  limits: SequentialLimits,
  reference: Reference = 'stable',
): Finding | undefined {
  const current = steps.at(-1);
  const bound = current && boundOf(current, limit);
  if (bound === undefined)
    return current && !limit.isTolerant ? { result: withoutBound(reference) } : undefined;
  const found = findingOf(steps, judged.slowness, limits, {
    what: 'slow',
    boundMs: bound,
    reference,
    source: 'router',
    limit,
  });
  return found && limit.isTolerant ? tolerantFinding(found) : found;
}

const SLOWER_ON_PURPOSE =
  'If the release may be slower than stable, say what is slow in `checks`: { source: latency, compare: stable, slower_than: 1s }.';

function tolerantFinding({ bad, result }: Finding): Finding | undefined {
  if (result.canary.requests === 0 && bad === undefined) return undefined;
  return {
    ...(bad === undefined ? {} : { bad, hint: SLOWER_ON_PURPOSE }),
    result: { ...result, conclusive: true },
  };
}

function boundOf({ counts, before }: StepCounts, limit: SlowLimit): number | undefined {
  return slowLimitMs(counts.stable, before.stable, limit);
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
  limit?: SlowLimit;
}

function findingOf(
  steps: readonly StepCounts[],
  judged: Judged | undefined,
  limits: SequentialLimits,
  { reference, limit, ...compared }: Compared,
): Finding | undefined {
  const step = steps.at(-1);
  if (!step) return undefined;
  const now = inStep(step.step, judged ?? nothingJudged());
  const { counts: current } = now;
  const { verdict, detectable, logEvidence, needed } = sequentialVerdict(now, limits);
  const referenceBad = Math.round(current.stableBad - toleratedOf(current.stableRequests, limit));
  const result: ComparisonResult = {
    ...compared,
    canary: { requests: current.canaryRequests, bad: current.canaryBad },
    reference: { name: reference, requests: current.stableRequests, bad: referenceBad },
    ...(detectable === undefined ? {} : { detectable }),
    conclusive: verdict !== 'not enough to tell',
    evidence: { log: logEvidence, needed },
  };
  if (verdict !== 'bad') return { result };
  const worse = compared.what === 'failed' ? 'fails more than' : 'is slower than';
  return {
    bad: `The canary ${worse} ${reference}: at ${step.ofCopies ? 'mirror ' : ''}${step.weightPercent} %, ${comparisonText(result)}.\n${chanceText({ log: logEvidence, needed }, limits.alpha, reference)}`,
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
