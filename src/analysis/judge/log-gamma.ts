/**
 * From this value on, Stirling's series is exact to a double, because the first omitted term is below 1e-15.
 */
const SERIES_FROM = 10;

/** B(2k) / (2k (2k - 1)) for k = 1 … 6, with the Bernoulli numbers B: the terms of Stirling's series. */
const SERIES = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360] as const;

/**
 * ln Γ(x) for x > 0, to about 1e-15 of its size: Stirling's series (Abramowitz and Stegun 6.1.41), after x is
 * brought to 10 or more by Γ(x + 1) = x Γ(x). NaN for all other x.
 */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let product = 1;
  let shifted = x;
  while (shifted < SERIES_FROM) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const tail = SERIES.reduceRight((sum, term) => sum * square + term, 0) * inverse;
  return (shifted - 0.5) * Math.log(shifted) - shifted + Math.log(2 * Math.PI) / 2 + tail - Math.log(product);
}

/** ln B(a, b) = ln Γ(a) + ln Γ(b) - ln Γ(a + b), for a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
