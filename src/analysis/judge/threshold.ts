/**
 * How one measurement of a check came out. `inconclusive`: there was an answer that says nothing. `error`:
 * there was no answer.
 */
export type Measurement = 'success' | 'failure' | 'inconclusive' | 'error';

/** How many of one kind are let pass: one more ends the check. */
interface Allowed {
  readonly atMost: number;
  /** `consecutive` starts anew when a measurement of another kind comes between. */
  readonly count: 'consecutive' | 'total';
}

export interface ThresholdLimits {
  readonly failures: Allowed;
  readonly inconclusives: Allowed;
  readonly errors: Allowed;
}

/**
 * The defaults of Argo Rollouts: no failure, nothing inconclusive, four errors in succession (AnalysisRun:
 * failureLimit, …).
 */
export const THRESHOLD_DEFAULTS: ThresholdLimits = {
  failures: { atMost: 0, count: 'total' },
  inconclusives: { atMost: 0, count: 'total' },
  errors: { atMost: 4, count: 'consecutive' },
};

interface Counted {
  readonly total: number;
  /** The longest succession. */
  readonly consecutive: number;
}

export interface ThresholdVerdict {
  readonly verdict: 'failed' | 'inconclusive' | 'error' | 'nothing found';
  readonly failures: Counted;
  readonly inconclusives: Counted;
  readonly errors: Counted;
}

/** The judgement of one value. No number (missing, NaN) is inconclusive; a bound itself is good. */
export function measured(
  value: number | undefined,
  bounds: { readonly min?: number | undefined; readonly max?: number | undefined },
): Measurement {
  if (value === undefined || Number.isNaN(value)) return 'inconclusive';
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
  return value >= min && value <= max ? 'success' : 'failure';
}

/**
 * Failures, inconclusives and errors, each counted apart, as Argo Rollouts does (one counter for all would
 * let a silent source fail a good release). When several limits are passed, failed is said before
 * inconclusive and error.
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
