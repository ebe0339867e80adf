/** A generator of numbers in [0, 1), the same for the same seed (xorshift128, Marsaglia 2003, with 53 bits of two draws). */
export function seeded(seed: number): () => number {
  let [x, y, z, w] = [seed | 0 || 1, 362436069, 521288629, 88675123];
  const next = (): number => {
    const t = x ^ (x << 11);
    [x, y, z] = [y, z, w];
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  for (let i = 0; i < 50; i += 1) next();
  return () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
}

/** Draws from Binomial(n, p), exact to a double: by inversion on tables of the distribution that are made once for each n and p. */
export function binomialSampler(random: () => number): (n: number, p: number) => number {
  const tables = new Map<number, Map<number, Float64Array>>();
  return (n, p) => {
    if (n === 0 || p <= 0) return 0;
    if (p >= 1) return n;
    let ofRate = tables.get(p);
    if (!ofRate) {
      ofRate = new Map();
      tables.set(p, ofRate);
    }
    let table = ofRate.get(n);
    if (!table) {
      table = cumulative(n, p);
      ofRate.set(n, table);
    }
    return firstAbove(table, random());
  };
}

function cumulative(n: number, p: number): Float64Array {
  const table = new Float64Array(n + 1);
  let log = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= n; k += 1) {
    sum += Math.exp(log);
    table[k] = sum;
    log += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  table[n] = 1;
  return table;
}

/** The first index whose value is above u; the low indices first, since most draws of rare events end there. */
function firstAbove(table: Float64Array, u: number): number {
  let low = 0;
  let step = 1;
  while (low + step < table.length && (table[low + step - 1] ?? 1) <= u) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, table.length) - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((table[middle] ?? 1) > u) high = middle;
    else low = middle + 1;
  }
  return low;
}
