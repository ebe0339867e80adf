import { combined, logEvidence } from '../src/analysis/judge/evidence.ts';
import { binomialSampler, seeded } from './analysis-random.ts';
import { quantile } from './measure.ts';

const PROMOTIONS = 2000;
const LOOKS = 60;
const SHARES = [0.05, 0.1, 0.25, 0.5];
const NEEDED = Math.log(100);

const RULES = {
  stakes: (evidences: readonly number[]) => combined(evidences, SHARES.length),
  product: (evidences: readonly number[]) => evidences.reduce((sum, each) => sum + each, 0),
};

/** Stable's rate, how many times as often the canary fails, and from which step on; ratio 1: no fault. */
const FAULTS = [
  [0.01, 1, 1],
  [0.1, 1, 1],
  [0.001, 5, 1],
  [0.001, 5, 2],
  [0.001, 5, 3],
  [0.01, 2, 1],
  [0.01, 2, 2],
  [0.01, 2, 3],
  [0.01, 5, 3],
  [0.1, 2, 1],
  [0.1, 2, 3],
] as const;

/** What it costs to begin anew at each step, and what a product of all steps costs. */
export function lateFaults(): string {
  const rows = FAULTS.map(([rate, ratio, from], index) => {
    const found = run(rate, ratio, from, 3000 + index);
    const cell = (looks: readonly number[]) =>
      `${((looks.length / PROMOTIONS) * 100).toFixed(1)}${looks.length * 2 > PROMOTIONS ? `, ${median(looks)}` : ''}`;
    const what = ratio === 1 ? 'no fault' : `${ratio} times as often from step ${from} on`;
    return `| ${rate * 100} % | ${what} | ${cell(found.stakes)} | ${cell(found.product)} |`;
  });
  return ['| stable fails | the canary | stakes | product |', '|---|---|---|---|', ...rows].join('\n');
}

function run(rate: number, ratio: number, from: number, seed: number): Record<keyof typeof RULES, number[]> {
  const binomial = binomialSampler(seeded(seed));
  const found = { stakes: [] as number[], product: [] as number[] };
  for (let promotion = 0; promotion < PROMOTIONS; promotion += 1) {
    const looks = evidencesOf(binomial, rate, ratio, from);
    for (const rule of ['stakes', 'product'] as const) {
      const at = looks.findIndex((evidences) => RULES[rule](evidences) >= NEEDED);
      if (at >= 0) found[rule].push(at + 1 - (from - 1) * LOOKS);
    }
  }
  return found;
}

/** For each look of a promotion the evidence of all steps so far. */
function evidencesOf(
  binomial: (n: number, p: number) => number,
  rate: number,
  ratio: number,
  from: number,
): number[][] {
  const finished: number[] = [];
  return SHARES.flatMap((share, step) => {
    let [canary, canaryBad, stable, stableBad, evidence] = [0, 0, 0, 0, 0];
    const before = [...finished];
    const looks = Array.from({ length: LOOKS }, () => {
      const more = binomial(150, share);
      canary += more;
      stable += 150 - more;
      canaryBad += binomial(more, step + 1 >= from ? Math.min(1, rate * ratio) : rate);
      stableBad += binomial(150 - more, rate);
      evidence = logEvidence({ canaryBad, stableBad, canaryShare: canary / (canary + stable) });
      return [...before, evidence];
    });
    finished.push(evidence);
    return looks;
  });
}

function median(looks: readonly number[]): number {
  const missing = Array<number>(PROMOTIONS - looks.length).fill(Number.POSITIVE_INFINITY);
  return quantile([...looks, ...missing], 0.5);
}
