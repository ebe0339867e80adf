import type { Comparison, Counted, Test } from '../../../../analysis/counted.ts';
import {
  errorsOf,
  type Finding,
  failuresThan,
  slownessOf,
  slownessThan,
} from '../../../../analysis/finding.ts';
import type { SequentialLimits } from '../../../../analysis/judge/sequential.ts';
import { DEFAULT_SLOW_LIMIT, type SlowLimit } from '../../../../analysis/slow.ts';
import type { Check } from '../../../../settings/checks/types.ts';
import type { WarmUp } from './warm-up.ts';

/** How counters are judged. */
export interface Judging {
  /** The steps whose counters are judged. */
  readonly judged: ReadonlySet<number>;
  /**
   * What the canary is compared with. Only the baseline, if there is one, because stable is older than both.
   */
  readonly reference: 'stable' | 'baseline';
  /** How latencies are compared; undefined if they are not. */
  readonly slower: SlowLimit | undefined;
  readonly limits: SequentialLimits;
}

/** How latencies are compared: as a check says, or else tolerantly if anything times the requests. */
export function slowLimitOf(checks: readonly Check[], isTimed: boolean): SlowLimit | undefined {
  const asked = checks.map(({ measure }) => measure).find((measure) => measure.kind === 'slower');
  if (asked) return { thanMs: asked.thanMs, isTolerant: false };
  return isTimed ? DEFAULT_SLOW_LIMIT : undefined;
}

/**
 * What a monitor compares after each poll, in the judged steps only.
 *
 * @param warmUp of this monitor; a tolerant comparison begins after it
 */
export function comparisonsOf(
  { judged, reference, slower }: Omit<Judging, 'limits'>,
  warmUp: WarmUp,
): Map<Test, Comparison> {
  const inJudgedSteps =
    (comparison: Comparison): Comparison =>
    (step, grown) =>
      judged.has(step.step) ? comparison(step, grown) : undefined;
  const comparisons = new Map<Test, Comparison>([['failures', inJudgedSteps(failuresThan(reference))]]);
  if (!slower) return comparisons;
  const slowness = slownessThan(reference, slower);
  const warm: Comparison = (step, grown) =>
    warmUp.isOver(grown.canary.requests) ? slowness(step, grown) : undefined;
  comparisons.set('slowness', inJudgedSteps(slower.isTolerant ? warm : slowness));
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
    slower && timed ? slownessOf(timed, slower, limits, reference) : undefined,
  ];
}

/** The counters of the judged steps; undefined if they are unavailable, or no step has begun. */
function known(counted: Counted | undefined, judged: ReadonlySet<number>): Counted | undefined {
  if (!counted || counted.unavailable !== undefined || counted.steps.length === 0) return undefined;
  return { ...counted, steps: counted.steps.filter(({ step }) => judged.has(step)) };
}
