/**
 * The result of one measurement of a check. `inconclusive`: there was an answer without meaning. `error`:
 * there was no answer.
 */
export type Measurement = 'success' | 'failure' | 'inconclusive' | 'error';

/** How many measurements of one kind are tolerated; one more ends the check. */
interface Allowed {
  readonly atMost: number;
  /** `consecutive` starts from 0 after a measurement of another kind. */
  readonly count: 'consecutive' | 'total';
}

export interface ThresholdLimits {
  readonly failures: Allowed;
  readonly inconclusives: Allowed;
  readonly errors: Allowed;
}

/**
 * The defaults of Argo Rollouts: no failure, nothing inconclusive, four consecutive errors (AnalysisRun:
 * failureLimit, …).
 */
export const THRESHOLD_DEFAULTS: ThresholdLimits = {
  failures: { atMost: 0, count: 'total' },
  inconclusives: { atMost: 0, count: 'total' },
  errors: { atMost: 4, count: 'consecutive' },
};

interface Counted {
  readonly total: number;
  /** The longest run. */
  readonly consecutive: number;
}

export interface ThresholdVerdict {
  readonly verdict: 'failed' | 'inconclusive' | 'error' | 'nothing found';
  readonly failures: Counted;
  readonly inconclusives: Counted;
  readonly errors: Counted;
}

/** Judges one value. A missing value or NaN is inconclusive. A value that equals a bound is good. */
export function measured(
  value: number | undefined,
  bounds: { readonly min?: number | undefined; readonly max?: number | undefined },
): Measurement {
  if (value === undefined || Number.isNaN(value)) return 'inconclusive';
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
  return value >= min && value <= max ? 'success' : 'failure';
}

/**
 * Judges a series of measurements. Failures, inconclusives and errors are counted separately, as in Argo
 * Rollouts, because with one counter a silent source would fail a good release. If several limits are
 * exceeded, `failed` comes before `inconclusive` and `error`.
 */
export function thresholdVerdict(
  measurements: readonly Measurement[],
  limits: ThresholdLimits = THRESHOLD_DEFAULTS,
): ThresholdVerdict {
  const failures = counted(measurements, 'failure');
  const inconclusives = counted(measurements, 'inconclusive');
  const errors = counted(measurements, 'error');
  const passed = (allowed: Allowed, found: Counted) => found[allowed.count] > allowed.atMost;
  const verdict = passed(limits.failures, failures)
    ? 'failed'
    : passed(limits.inconclusives, inconclusives)
      ? 'inconclusive'
      : passed(limits.errors, errors)
        ? 'error'
        : 'nothing found';
  return { verdict, failures, inconclusives, errors };
}

function counted(measurements: readonly Measurement[], kind: Measurement): Counted {
  let [total, running, consecutive] = [0, 0, 0];
  for (const each of measurements) {
    running = each === kind ? running + 1 : 0;
    total += each === kind ? 1 : 0;
    consecutive = Math.max(consecutive, running);
  }
  return { total, consecutive };
}
