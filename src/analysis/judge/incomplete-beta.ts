import { logBeta } from './log-gamma.ts';

/** Replaces a zero denominator in Lentz's algorithm. */
const TINY = 1e-300;

/**
 * ln I_x(a, b), the regularised incomplete beta function, for a, b > 0 and x in [0, 1]: the logarithm of the
 * probability that a Beta(a, b) variable is at most x. It works with logarithms, so that a tail of 1e-1000
 * does not become 0. It uses the continued fraction of Abramowitz and Stegun 26.5.8, which needs about the
 * square root of a + b terms in its range.
 */
export function logIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY;
  if (x >= 1) return 0;
  if (x <= (a + 1) / (a + b + 2)) return logByFraction(x, 1 - x, a, b);
  // log(1 - I), from the side where the fraction converges
  return Math.log1p(-Math.exp(Math.min(0, logByFraction(1 - x, x, b, a))));
}

/** ln P(X ≤ k) for X ~ Binomial(n, p), exact: P(X ≤ k) = I_{1-p}(n - k, k + 1). */
export function logBinomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return Number.NEGATIVE_INFINITY;
  if (k >= n) return 0;
  return logIncompleteBeta(1 - p, n - k, k + 1);
}

/** ln P(X ≥ k) for X ~ Binomial(n, p), exact: P(X ≥ k) = I_p(k, n - k + 1). */
export function logBinomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 0;
  if (k > n) return Number.NEGATIVE_INFINITY;
  return logIncompleteBeta(p, k, n - k + 1);
}

function logByFraction(x: number, rest: number, a: number, b: number): number {
  return a * Math.log(x) + b * Math.log(rest) - logBeta(a, b) - Math.log(a) - Math.log(fraction(x, a, b));
}

/**
 * 1 + d1/(1 + d2/(1 + …)) by Lentz's algorithm; its inverse is the factor of the incomplete beta function.
 */
function fraction(x: number, a: number, b: number): number {
  const most = 200 + 20 * Math.sqrt(a + b);
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let j = 1; j <= most; j += 1) {
    const m = Math.floor(j / 2);
    const term =
      j % 2 === 0
        ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
        : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    denominator = 1 / away(1 + term * denominator);
    numerator = away(1 + term / numerator);
    const factor = numerator * denominator;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return value;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
