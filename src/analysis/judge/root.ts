/**
 * A root of `f` between `low` and `high`, to a tolerance, by Brent's method ("Algorithms for Minimization
 * without Derivatives", 1973, chapter 4: zero) with the stopping rule of R's uniroot. For a function with
 * jumps the result depends on the path of the method, so this takes the same path: it halves the interval,
 * unless interpolation is expected to be better.
 */
export function root(f: (x: number) => number, low: number, high: number, tolerance: number): number {
  let [previous, best, other] = [low, high, low];
  let [fPrevious, fBest] = [f(low), f(high)];
  let fOther = fPrevious;
  for (let count = 0; count < 1000; count += 1) {
    const lastStep = best - previous;
    if (Math.abs(fOther) < Math.abs(fBest)) {
      [previous, best, other] = [best, other, best];
      [fPrevious, fBest, fOther] = [fBest, fOther, fBest];
    }
    const least = 2 * Number.EPSILON * Math.abs(best) + tolerance / 2;
    const half = (other - best) / 2;
    if (Math.abs(half) <= least || fBest === 0) return best;
    let step = half;
    if (Math.abs(lastStep) >= least && Math.abs(fPrevious) > Math.abs(fBest)) {
      const { p, q } = interpolate(previous, best, other, fPrevious, fBest, fOther);
      const inside = p < 0.75 * (other - best) * q - Math.abs(least * q) / 2;
      if (inside && p < Math.abs((lastStep * q) / 2)) step = p / q;
    }
    if (Math.abs(step) < least) step = step > 0 ? least : -least;
    [previous, fPrevious] = [best, fBest];
    best += step;
    fBest = f(best);
    if ((fBest > 0 && fOther > 0) || (fBest < 0 && fOther < 0)) [other, fOther] = [previous, fPrevious];
  }
  return best;
}

/** The step p/q, p ≥ 0, to the zero of the line or the inverse parabola through the points. */
function interpolate(
  previous: number,
  best: number,
  other: number,
  fPrevious: number,
  fBest: number,
  fOther: number,
): { p: number; q: number } {
  const gap = other - best;
  const ratio = fBest / fPrevious;
  let p = gap * ratio;
  let q = 1 - ratio;
  if (previous !== other) {
    const [r, s] = [fPrevious / fOther, fBest / fOther];
    p = ratio * (gap * r * (r - s) - (best - previous) * (s - 1));
    q = (r - 1) * (s - 1) * (ratio - 1);
  }
  return p > 0 ? { p, q: -q } : { p: -p, q };
}
