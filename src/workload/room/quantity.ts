const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity of Kubernetes says, such as `256Mi` or `1e3`; undefined if it is not a quantity. */
export function quantityOf(text: string | number | undefined): number | undefined {
  const [, digits, unit = ''] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const [number, factor] = [Number(digits), FACTORS[unit]];
  return Number.isNaN(number) || factor === undefined ? undefined : number * factor;
}
