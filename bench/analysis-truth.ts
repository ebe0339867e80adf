import { stakesWhenUsedUp } from './analysis-judges.ts';
import { binomialSampler, seeded } from './analysis-random.ts';
import { flagger, type Judge, kayenta, type Look, zTest } from './analysis-rivals.ts';
import { quantile } from './measure.ts';

const PROMOTIONS = 10_000;
const LOOKS = 60;
const REQUESTS_A_LOOK = 150;
const CANARY_SHARE = 0.1;
const RATES = [0.0001, 0.001, 0.01, 0.1];

const EVERY_TENTH = new Set(Array.from({ length: LOOKS / 10 }, (_, i) => (i + 1) * 10));

const JUDGES: Readonly<Record<string, Judge>> = {
  'sequential, 1 %': stakesWhenUsedUp(Math.log(100)),
  'sequential, 5 %': stakesWhenUsedUp(Math.log(20)),
  'z-test at each look, 1 %': zTest(2.3263478740408408),
  'z-test at each look, 5 %': zTest(1.6448536269514722),
  'Flagger, 10 s, threshold 1': flagger(10, 1),
  'Flagger, 1 s, threshold 5': flagger(1, 5),
  'Kayenta, once at the end': kayenta(new Set([LOOKS])),
  'Kayenta, every 10 s': kayenta(EVERY_TENTH),
};

/** The look at which each judge said bad, per judge, for those promotions in which it did. */
function foundAt(stableRate: number, canaryRate: number, seed: number): Map<string, number[]> {
  const binomial = binomialSampler(seeded(seed));
  const found = new Map(Object.keys(JUDGES).map((name) => [name, [] as number[]]));
  for (let promotion = 0; promotion < PROMOTIONS; promotion += 1) {
    const looks = Array.from({ length: LOOKS }, (): Look => {
      const canary = binomial(REQUESTS_A_LOOK, CANARY_SHARE);
      const stable = REQUESTS_A_LOOK - canary;
      return {
        canary,
        stable,
        canaryBad: binomial(canary, canaryRate),
        stableBad: binomial(stable, stableRate),
      };
    });
    for (const [name, judge] of Object.entries(JUDGES)) {
      const at = looks.findIndex(judge()) + 1;
      if (at > 0) found.get(name)?.push(at);
    }
  }
  return found;
}

/** How often each judge calls a release bad that is not, in percent, with its standard error. */
export function falseAlarms(): string {
  const columns = RATES.map((rate, index) => foundAt(rate, rate, 1000 + index));
  return table(['both fail', ...RATES.map(percent)], (name) =>
    columns.map((found) => shareOf(found.get(name) ?? [])),
  );
}

/** How often each judge finds a canary that fails `ratio` times as often, and after how many requests to the service (median). */
export function power(ratio: number): string {
  const columns = RATES.map((rate, index) =>
    foundAt(rate, Math.min(1, rate * ratio), 2000 + 10 * ratio + index),
  );
  return table(['stable fails', ...RATES.map(percent)], (name) =>
    columns.map((found) => `${shareOf(found.get(name) ?? [])}${median(found.get(name) ?? [])}`),
  );
}

function shareOf(found: readonly number[]): string {
  const share = found.length / PROMOTIONS;
  const error = Math.sqrt((share * (1 - share)) / PROMOTIONS);
  return `${(share * 100).toFixed(2)} ± ${(error * 100).toFixed(2)}`;
}

/** Over all promotions, those in which nothing was found counted as never. */
function median(found: readonly number[]): string {
  if (found.length * 2 < PROMOTIONS) return '';
  const all = [...found, ...Array<number>(PROMOTIONS - found.length).fill(Number.POSITIVE_INFINITY)];
  const looks = quantile(all, 0.5);
  return Number.isFinite(looks) ? `, ${(looks * REQUESTS_A_LOOK).toLocaleString('en')}` : '';
}

function table(head: readonly string[], row: (name: string) => string[]): string {
  const lines = Object.keys(JUDGES).map((name) => `| ${[name, ...row(name)].join(' | ')} |`);
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n');
}

function percent(rate: number): string {
  return `${rate * 100} %`;
}
