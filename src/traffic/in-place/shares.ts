/** The largest weight that the specification allows. */
const MOST_WEIGHT = 1_000_000;

/** The weights of a split Service and its canary add up to this if the rule has no other backend. */
const WHOLE = 100;

/**
 * The weights of a rule's backends while it is split, with those of the split Services wide enough to give 1 %
 * of their users to a canary: weights are integers, and a weight of 3 has no hundredth. All weights grow by
 * the same factor, so that every share stays the same.
 *
 * @param own the indexes of the split Services
 * @returns undefined if the specification allows no weights that have 1 %
 */
export function widened(weights: readonly number[], own: readonly number[]): number[] | undefined {
  const parts = own.flatMap((index) => weights[index] || []);
  if (weights.length === 1 && parts.length === 1) return [WHOLE];
  const exact = parts.map((part) => WHOLE / gcd(part, WHOLE)).reduce(lcm, 1);
  const factor = Math.min(exact, Math.floor(MOST_WEIGHT / Math.max(...weights)));
  return parts.some((part) => part * factor < WHOLE) ? undefined : weights.map((each) => each * factor);
}

/** The canary's weight out of the sum of the pair's. Neither of the two gets nothing unless it is meant. */
export function canaryPart(sum: number, percent: number): number {
  if (percent <= 0) return 0;
  if (percent >= 100) return sum;
  return Math.min(Math.max(1, Math.round((sum * percent) / 100)), sum - 1);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function lcm(a: number, b: number): number {
  return (a / gcd(a, b)) * b;
}
