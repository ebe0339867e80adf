import { commonLanguageEffect, type Shift, shiftOf } from './mann-whitney.ts';

/** Kayenta's words. */
export type MetricLabel = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric';

/**
 * How one metric is judged; the names and defaults are those of Kayenta's canary config
 * (docs/canary-config.md there).
 */
export interface MetricConfig {
  readonly direction?: 'increase' | 'decrease' | 'either';
  /**
   * What to do with NaN. `remove` (default) ignores them. `replace` makes them 0, for counters that report
   * nothing if there is nothing to count.
   */
  readonly nanStrategy?: 'remove' | 'replace';
  readonly outliers?: { readonly strategy: 'keep' | 'remove'; readonly outlierFactor?: number };
  readonly effectSize?: {
    readonly measure?: 'meanRatio' | 'cles';
    /** Default 1 for the mean ratio, 0.5 for CLES; also for the next three. */
    readonly allowedIncrease?: number;
    readonly allowedDecrease?: number;
    readonly criticalIncrease?: number;
    readonly criticalDecrease?: number;
  };
  readonly critical?: boolean;
  readonly mustHaveData?: boolean;
}

export interface MetricJudgement {
  readonly label: MetricLabel;
  /** Whether this metric alone fails the release. */
  readonly critical: boolean;
  /**
   * The effect size; NaN for a mean ratio if a mean is 0. If nothing was compared, it is 1 or 0.5, which
   * means no effect.
   */
  readonly effect: number;
  readonly shift: Shift | undefined;
}

/** A shift counts only if its confidence limits are away from 0 by a quarter of the estimate. */
const TOLERANCE = 0.25;

/**
 * The classifier of Kayenta's NetflixACAJudge-v1.0, by its published rules (spinnaker.io, "How canary
 * judgment works"). High: the whole 98 % interval of the shift is above the tolerance, and the effect is at
 * least the allowed one. Low is the reverse. As in Kayenta, a mean ratio with a mean of 0 is NaN and passes;
 * CLES avoids this. Infinite values are treated like NaN.
 */
export function judgeMetric(
  canary: readonly number[],
  baseline: readonly number[],
  config: MetricConfig = {},
): MetricJudgement {
  const { direction = 'either', effectSize = {}, critical = false } = config;
  const { measure = 'meanRatio' } = effectSize;
  const neutral = measure === 'cles' ? 0.5 : 1;
  const [x, y] = [prepared(canary, config), prepared(baseline, config)];
  const plain = (label: MetricLabel, fails = false): MetricJudgement => ({
    label,
    critical: fails,
    effect: neutral,
    shift: undefined,
  });
  if (x.length === 0 || y.length === 0) {
    if (config.nanStrategy === 'replace') return plain('Pass');
    return config.mustHaveData && !critical ? plain('NodataFailMetric') : plain('Nodata', critical);
  }
  if (sameValues(x, y)) return plain('Pass');
  const shift = shiftOf(x, y);
  const effect = measure === 'cles' ? commonLanguageEffect(x, y) : meanRatio(x, y);
  const bound = TOLERANCE * Math.abs(shift.estimate);
  const {
    allowedIncrease = neutral,
    allowedDecrease = neutral,
    criticalIncrease = neutral,
    criticalDecrease = neutral,
  } = effectSize;
  if (direction !== 'decrease' && shift.lower > bound && effect >= allowedIncrease) {
    return { label: 'High', critical: critical && effect >= criticalIncrease, effect, shift };
  }
  if (direction !== 'increase' && shift.upper < -bound && effect <= allowedDecrease) {
    return { label: 'Low', critical: critical && effect <= criticalDecrease, effect, shift };
  }
  return { label: 'Pass', critical: false, effect, shift };
}

/** The values sorted, without NaN, and without outliers if the configuration says so. */
function prepared(values: readonly number[], { nanStrategy = 'remove', outliers }: MetricConfig): number[] {
  const numbers =
    nanStrategy === 'replace'
      ? values.map((value) => (Number.isFinite(value) ? value : 0))
      : values.filter(Number.isFinite);
  const sorted = numbers.toSorted((a, b) => a - b);
  if (outliers?.strategy !== 'remove' || sorted.length === 0) return sorted;
  const { outlierFactor = 3 } = outliers;
  const [first, third] = [percentile(sorted, 0.25), percentile(sorted, 0.75)];
  const reach = outlierFactor * (third - first);
  const low = Math.min(percentile(sorted, 0.01), first - reach);
  const high = Math.max(percentile(sorted, 0.99), third + reach);
  return sorted.filter((value) => value >= low && value <= high);
}

/** Hyndman and Fan's definition 7, R's default: linear between the order statistics around (n - 1) q. */
function percentile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

function sameValues(x: readonly number[], y: readonly number[]): boolean {
  if (x.length === y.length && x.every((value, index) => value === y[index])) return true;
  return x[0] === x.at(-1) && y[0] === y.at(-1) && x[0] === y[0];
}

function meanRatio(x: readonly number[], y: readonly number[]): number {
  const [canary, baseline] = [mean(x), mean(y)];
  return canary === 0 || baseline === 0 ? Number.NaN : canary / baseline;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
