import type { Watcher } from '../../../analysis/watchers.ts';
import { formatDuration } from '../../../duration.ts';
import { gateOf, goDurationMs } from '../rollout/gate.ts';
import type { CanaryStep, Rollout } from '../rollout/types.ts';

/** The part of a Rollout's way that is still ahead. */
export interface Ahead {
  /** Index of the first step that is not over. */
  from: number;
  /** The step skips pauses and analyses. */
  promoteFull: boolean;
  /** The gate that this run passes; undefined if it found none. */
  gate: string | undefined;
}

/** What is ahead of a promotion. Pure. @param found whether the template had the image already */
export function aheadOf(rollout: Rollout | undefined, found: boolean, promoteFull: boolean): Ahead {
  if (!found || rollout?.status?.abort) return { from: 0, promoteFull, gate: undefined };
  return {
    from: rollout?.status?.currentStepIndex ?? 0,
    promoteFull,
    gate: rollout && gateOf(rollout)?.message,
  };
}

/**
 * What of a Rollout itself would notice a bad release: its analyses, those of its experiments, and the
 * pauses at which a person looks. Pure.
 */
export function rolloutWatchers(rollout: Rollout | undefined, { from, promoteFull, gate }: Ahead): Watcher[] {
  const watches = (name: string, detail: string): Watcher => ({ name, state: 'watches', detail });
  // whoever promotes the release past a gate has looked at it
  if (gate !== undefined) return [watches('a person', `who promotes it although ${gate}`)];
  if (promoteFull) return [];
  const { canary, blueGreen } = rollout?.spec?.strategy ?? {};
  const { steps = [], analysis } = canary ?? {};
  return [
    ...(analysis ? [watches('the analysis of the Rollout', 'it runs in the background')] : []),
    ...steps.flatMap((step, index) => (index < from ? [] : stepWatchers(step, index, steps.length))),
    ...(blueGreen?.prePromotionAnalysis
      ? [watches('the analysis before the switch', 'set by `prePromotionAnalysis`')]
      : []),
    ...(blueGreen?.autoPromotionEnabled === false
      ? [watches('a person', 'the preview waits for a promotion')]
      : []),
    ...(blueGreen?.postPromotionAnalysis
      ? [watches('the analysis after the switch', 'set by `postPromotionAnalysis`')]
      : []),
  ];
}

function stepWatchers(step: CanaryStep, index: number, count: number): Watcher[] {
  const at = `step ${index + 1} of ${count}`;
  const state = 'watches' as const;
  if (step.analysis) return [{ name: `the analysis, ${at}`, state, detail: 'set by the Rollout' }];
  if ((step.experiment?.analyses?.length ?? 0) > 0) {
    return [{ name: `the experiment, ${at}`, state, detail: 'set by the Rollout' }];
  }
  if (step.pause && step.pause.duration === undefined) {
    return [{ name: 'a person', state, detail: `${at} is a pause without a duration` }];
  }
  return [];
}

/**
 * A warning about weights that end before the router and its counters follow them for sure, so that too few
 * requests judge them; undefined if there are none. Pure.
 *
 * @param followsWithinMs the router's queue and the lag of its counters together
 */
export function shortStepsWarning(
  rollout: Rollout | undefined,
  { from, promoteFull }: Ahead,
  followsWithinMs: number,
  bakeMs: number,
): string | undefined {
  const short = promoteFull
    ? []
    : heldWeights(rollout?.spec?.strategy?.canary?.steps?.slice(from) ?? []).filter(
        ({ weight, ms }) => weight > 0 && weight < 100 && ms < followsWithinMs,
      );
  if (short.length === 0) return undefined;
  const weights = short.map(({ weight, ms }) => `${weight} % for ${formatDuration(ms)}`).join(', ');
  const then =
    bakeMs > 0
      ? `The release is judged for up to ${formatDuration(bakeMs)} more once it is Healthy (\`bake\`).`
      : 'Nothing judges the release after that, because `bake` is 0.';
  return `These steps may be over before they are judged, because the router and its counters may need ${formatDuration(followsWithinMs)} to follow a weight: ${weights}. ${then}`;
}

/** Each weight of the steps with the time for which it is held. */
function heldWeights(steps: readonly CanaryStep[]): { weight: number; ms: number }[] {
  const held: { weight: number; ms: number }[] = [];
  for (const { setWeight, pause } of steps) {
    if (setWeight !== undefined) held.push({ weight: setWeight, ms: 0 });
    const last = held.at(-1);
    if (pause && last) last.ms += goDurationMs(pause.duration ?? 0);
  }
  return held;
}
