import type { Comparison, Counted, Test } from '../../../analysis/counted.ts';
import { errorsOf, type Finding, failuresThan, slownessOf, slownessThan } from '../../../analysis/finding.ts';
import type { SequentialLimits } from '../../../analysis/judge/sequential.ts';
import type { Measure } from '../../../settings/checks/types.ts';

/** How counters are judged. */
export interface Judging {
  /** The steps whose counters are judged. */
  readonly judged: ReadonlySet<number>;
  /**
   * What the canary is compared with. Only the baseline, if there is one, because stable is older than both.
   */
  readonly reference: 'stable' | 'baseline';
  /** How latencies are compared, if a check asks for it. */
  readonly slower: Extract<Measure, { kind: 'slower' }> | undefined;
  readonly limits: SequentialLimits;
}

/** What a monitor compares after each poll, in the judged steps only. */
export function comparisonsOf({ judged, reference, slower }: Omit<Judging, 'limits'>): Map<Test, Comparison> {
  const inJudgedSteps =
    (comparison: Comparison): Comparison =>
    (step, grown) =>
      judged.has(step.step) ? comparison(step, grown) : undefined;
  const comparisons = new Map<Test, Comparison>([['failures', inJudgedSteps(failuresThan(reference))]]);
  if (slower) comparisons.set('slowness', inJudgedSteps(slownessThan(reference, slower.thanMs)));
  return comparisons;
}

/** What the counters of the router and of the pods say of the canary. */
export function findingsOf(
  counted: { router: Counted | undefined; pods: Counted | undefined },
  { judged, reference, slower, limits }: Judging,
): (Finding | undefined)[] {
  const router = known(counted.router, judged);
  const pods = known(counted.pods, judged);
  // the router cannot tell stable's pods from the baseline's
  const hasBaseline = reference === 'baseline';
  const timed = hasBaseline ? pods : (router ?? pods);
  const isCounting = pods?.steps.some(({ counts }) => counts.canary.requests > 0);
  return [
    router && !hasBaseline ? errorsOf(router, limits) : undefined,
    pods && isCounting ? errorsOf(pods, limits, reference, 'pods') : undefined,
    slower && timed ? slownessOf(timed, slower.thanMs, limits, reference) : undefined,
  ];
}

/** The counters of the judged steps; undefined if they are unavailable, or no step has begun. */
function known(counted: Counted | undefined, judged: ReadonlySet<number>): Counted | undefined {
  if (!counted || counted.unavailable !== undefined || counted.steps.length === 0) return undefined;
  return { ...counted, steps: counted.steps.filter(({ step }) => judged.has(step)) };
}
