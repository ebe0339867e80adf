import type { Rollout } from './types.ts';

/** A pause that ends only by a person or by another promotion. */
export interface Gate {
  /** What the Rollout waits for, for display. */
  message: string;
  /**
   * The effect of another promotion. The controller repeats an inconclusive analysis, but skips one that is a
   * step.
   */
  again: 'passes' | 'measures';
}

/** The current pause of a Rollout that a person must end; undefined if there is none. */
export function gateOf(rollout: Rollout): Gate | undefined {
  const { spec, status } = rollout;
  if (status?.promoteFull) return undefined;
  if (spec?.paused) return { message: 'it is paused by hand (spec.paused)', again: 'passes' };
  const [pause] = status?.pauseConditions ?? [];
  if (!pause || isTimed(rollout, pause.reason)) return undefined;
  const step = `step ${(status?.currentStepIndex ?? 0) + 1} of ${spec?.strategy?.canary?.steps?.length ?? 0}`;
  switch (pause.reason) {
    case 'CanaryPauseStep':
      return { message: `${step} is a pause without a duration`, again: 'passes' };
    case 'BlueGreenPause':
      return { message: 'the preview is ready', again: 'passes' };
    case 'InconclusiveAnalysisRun':
      return inconclusive(rollout, step);
    case 'InconclusiveExperiment':
      return { message: `the experiment, ${step}, is inconclusive`, again: 'passes' };
    default:
      return { message: `it is paused: ${pause.reason}`, again: 'passes' };
  }
}

/**
 * Identifies the gate or the abort at which a Rollout waits: the text is the same as long as neither changes.
 * It has no step index for an inconclusive background analysis, because the steps may continue meanwhile.
 */
export function standsAt(rollout: Rollout | undefined): string {
  const { spec, status } = rollout ?? {};
  const [pause] = status?.pauseConditions ?? [];
  const index = pause?.reason === 'CanaryPauseStep' ? status?.currentStepIndex : undefined;
  return JSON.stringify([spec?.paused ?? false, pause ?? null, index ?? null, status?.abortedAt ?? null]);
}

/** The gate of an inconclusive analysis, by its kind. */
function inconclusive({ status }: Rollout, step: string): Gate {
  const { canary, blueGreen } = status ?? {};
  const is = (run: { status?: string } | null | undefined) => run?.status === 'Inconclusive';
  if (is(canary?.currentStepAnalysisRunStatus)) {
    return { message: `the analysis, ${step}, is inconclusive`, again: 'passes' };
  }
  if (is(blueGreen?.postPromotionAnalysisRunStatus)) {
    const message = 'the analysis after the switch is inconclusive; the users are on the new release';
    return { message, again: 'measures' };
  }
  if (is(blueGreen?.prePromotionAnalysisRunStatus)) {
    const message = 'the analysis before the switch is inconclusive; no user is on the new release';
    return { message, again: 'measures' };
  }
  return { message: 'the analysis in the background is inconclusive', again: 'measures' };
}

/** The duration, in ms, of a pause that the controller ends by itself; 0 if there is none. */
export function pauseMs(rollout: Rollout): number {
  const { spec, status } = rollout;
  const [pause] = status?.pauseConditions ?? [];
  if (!pause || !isTimed(rollout, pause.reason)) return 0;
  if (pause.reason === 'BlueGreenPause') return (spec?.strategy?.blueGreen?.autoPromotionSeconds ?? 0) * 1000;
  return goDurationMs(spec?.strategy?.canary?.steps?.[status?.currentStepIndex ?? 0]?.pause?.duration ?? 0);
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Parses seconds, or a duration of Go (`1h30m`), to ms. */
export function goDurationMs(duration: number | string): number {
  const text = `${duration}`;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}

/** Whether the controller ends the pause by itself. */
function isTimed({ spec, status }: Rollout, reason: string): boolean {
  if (reason === 'CanaryPauseStep') {
    const step = spec?.strategy?.canary?.steps?.[status?.currentStepIndex ?? 0];
    return step?.pause?.duration !== undefined;
  }
  const { autoPromotionEnabled = true, autoPromotionSeconds = 0 } = spec?.strategy?.blueGreen ?? {};
  return reason === 'BlueGreenPause' && autoPromotionEnabled && autoPromotionSeconds > 0;
}
