import { root } from './root.ts';

/**
 * How much higher the canary values are than the baseline values (Hodges and Lehmann's shift), with
 * confidence limits, in the unit of the values.
 */
export interface Shift {
  readonly lower: number;
  readonly upper: number;
  readonly estimate: number;
}

/** The quantile of the normal distribution for a two-sided confidence of 98 %, Kayenta's. */
const CONFIDENCE_98 = 2.3263478740408408;

/** The tolerance of R's wilcox.test and of Kayenta: limits are exact to this, in any unit. */
const TOLERANCE = 1e-4;

/**
 * The shift of two samples by inverting the Mann-Whitney test: its normal approximation with correction for
 * continuity and for ties, as R's wilcox.test(conf.int = TRUE, exact = FALSE) and Kayenta compute it; Kayenta
 * corrects the estimate for continuity too. Neither sample may be empty. If each sample has a single distinct
 * value, the shift is their difference. With a value that is not finite all three are NaN.
 */
export function shiftOf(
  canary: readonly number[],
  baseline: readonly number[],
  quantile = CONFIDENCE_98,
): Shift {
  if (![...canary, ...baseline].every(Number.isFinite)) {
    return { lower: Number.NaN, upper: Number.NaN, estimate: Number.NaN };
  }
  const x = Float64Array.from(canary).sort();
  const y = Float64Array.from(baseline).sort();
  const least = first(x) - last(y);
  const most = last(x) - first(y);
  if (first(x) === last(x) && first(y) === last(y)) return { lower: least, upper: least, estimate: least };
  const limit = (q: number) => {
    if (statistic(x, y, least) - q <= 0) return least;
    if (statistic(x, y, most) - q >= 0) return most;
    return root((shift) => statistic(x, y, shift) - q, least, most, TOLERANCE);
  };
  return {
    lower: limit(quantile),
    upper: limit(-quantile),
    estimate: root((shift) => statistic(x, y, shift), least, most, TOLERANCE),
  };
}

/**
 * The probability that a value of the canary is above one of the baseline; ties count half (common language
 * effect size).
 */
export function commonLanguageEffect(canary: readonly number[], baseline: readonly number[]): number {
  const x = Float64Array.from(canary).sort();
  const y = Float64Array.from(baseline).sort();
  const { rankSum } = ranks(x, y, 0);
  return (2 * rankSum - x.length * (x.length + 1)) / (2 * x.length * y.length);
}

/** The normal test statistic of x - shift against y, both sorted. */
function statistic(x: Float64Array, y: Float64Array, shift: number): number {
  const [m, n] = [x.length, y.length];
  const { rankSum, ties } = ranks(x, y, shift);
  const dz = rankSum - (m * (m + 1)) / 2 - (m * n) / 2;
  const sigma = Math.sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
  return (dz - Math.sign(dz) * 0.5) / sigma;
}

/**
 * The sum of the ranks of x - shift among all values, ties averaged, and the sum of t³ - t over all groups of
 * t equal values.
 */
function ranks(x: Float64Array, y: Float64Array, shift: number): { rankSum: number; ties: number } {
  let [i, j, rankSum, ties] = [0, 0, 0, 0];
  while (i < x.length || j < y.length) {
    const below = i + j;
    const start = i;
    const value = Math.min(at(x, i) - shift, at(y, j));
    while (i < x.length && at(x, i) - shift === value) i += 1;
    while (j < y.length && at(y, j) === value) j += 1;
    const equal = i + j - below;
    // only if a value is NaN, which equals nothing, so that the loop would not end
    if (equal === 0) return { rankSum: Number.NaN, ties: Number.NaN };
    rankSum += (i - start) * (below + (equal + 1) / 2);
    ties += equal ** 3 - equal;
  }
  return { rankSum, ties };
}

/** The value at an index; Infinity past the end. */
function at(sorted: Float64Array, index: number): number {
  return sorted[index] ?? Number.POSITIVE_INFINITY;
}

function first(sorted: Float64Array): number {
  return at(sorted, 0);
}

function last(sorted: Float64Array): number {
  return at(sorted, sorted.length - 1);
}
