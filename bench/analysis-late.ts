import { sinceTheStepBegan, stakeAtEachLook, stakesWhenUsedUp } from './analysis-judges.ts';
import { binomialSampler, seeded } from './analysis-random.ts';
import type { Judge } from './analysis-rivals.ts';

const NEEDED = Math.log(100);
const WEIGHTS = [0.01, 0.05, 0.1, 0.5];
const RATES = [5, 150, 1000];
const BASELINES = [0, 0.001, 0.01, 0.05];
const FAULTS = [0.005, 0.05, 0.5, 1];
const STARTS = [0, 20, 120, 600];
/** Looks, one a second, in which a fault has to be found. */
const HORIZON = 300;
const NULL_LOOKS = 600;

/** Judges that are compared, in the order of a cell. */
const JUDGES: readonly Judge[] = [
  sinceTheStepBegan(NEEDED),
  stakeAtEachLook(NEEDED),
  stakesWhenUsedUp(NEEDED),
];
export const ORDER = 'since the step began / a stake at each look / stakes when used up';

interface Cell {
  readonly weight: number;
  readonly rate: number;
  readonly baseline: number;
}

/**
 * The failed requests of users of the canary until a fault is found, in tables, one for each size of the
 * fault; medians.
 */
export function lateFaults(promotions: number): string {
  const sums = JUDGES.map(() => STARTS.map(() => [0, 0]));
  const tables = FAULTS.map((fault, index) => {
    const rows = cells(BASELINES).map((cell, row) => {
      const found = STARTS.map((start) =>
        failedUntil(cell, fault, start, promotions, 5000 + 100 * index + row),
      );
      for (const [column, medians] of found.entries()) {
        if (!medians.every(Number.isFinite)) continue;
        for (const [judge, median] of medians.entries()) {
          const sum = sums[judge]?.[column];
          if (sum) [sum[0], sum[1]] = [(sum[0] ?? 0) + Math.log(median), (sum[1] ?? 0) + 1];
        }
      }
      return [...words(cell), ...found.map((medians) => medians.map(orNone).join(' / '))];
    });
    const what = fault === 1 ? 'all' : `${fault * 100} % more`;
    return `The canary fails ${what}:\n\n${table(['stable fails', 'weight', 'requests/s', ...STARTS.map((each) => `from ${each} s`)], rows)}`;
  });
  const means = STARTS.map((_, column) =>
    sums.map((of) => Math.exp((of[column]?.[0] ?? 0) / (of[column]?.[1] ?? 1)).toFixed(1)).join(' / '),
  );
  const head = STARTS.map((each) => `from ${each} s`);
  return `Geometric mean over the cells in which all three find it:\n\n${table(head, [means])}\n\n${tables.join('\n\n')}`;
}

/**
 * Each judge's median of failed requests until it says bad; Infinity if it does not in half of the
 * promotions.
 */
function failedUntil(cell: Cell, fault: number, start: number, promotions: number, seed: number): number[] {
  const { weight, rate, baseline } = cell;
  const binomial = binomialSampler(seeded(seed));
  const failed = JUDGES.map(() => [] as number[]);
  for (let promotion = 0; promotion < promotions; promotion += 1) {
    const open = new Map(JUDGES.map((judge, index) => [index, judge()]));
    let users = 0;
    for (let look = 0; look < start + HORIZON && open.size > 0; look += 1) {
      const canary = binomial(rate, weight);
      const canaryBad = binomial(canary, look < start ? baseline : Math.min(1, baseline + fault));
      const stableBad = binomial(rate - canary, baseline);
      if (look >= start) users += canaryBad;
      for (const [index, judge] of open) {
        if (!judge({ canary, canaryBad, stable: rate - canary, stableBad })) continue;
        open.delete(index);
        // a false alarm before the fault: there is no fault to be found any more
        if (look >= start) failed[index]?.push(users);
      }
    }
    for (const index of open.keys()) failed[index]?.push(Number.POSITIVE_INFINITY);
  }
  return failed.map((each) => each.toSorted((a, b) => a - b)[Math.floor(each.length / 2)] ?? Number.NaN);
}

/** How the rates of both sides go on without a difference. */
const WORLDS = {
  constant: (rate: number) => rate,
  // of each minute ten seconds are ten times as bad, for both
  together: (rate: number, look: number) => (look % 60 < 10 ? Math.min(1, rate * 10) : rate / 4),
} as const;

/** Of promotions without a difference, those that are called bad, in %. */
export function lateAlarms(promotions: number): string {
  const rows = cells(BASELINES.slice(1)).map((cell, row) => {
    const found = (['constant', 'together'] as const).map((world) =>
      alarms(cell, world, promotions, 9000 + row)
        .map((count) => ((count / promotions) * 100).toFixed(2))
        .join(' / '),
    );
    return [...words(cell), ...found];
  });
  return table(
    ['both fail', 'weight', 'requests/s', 'all the time', 'ten times as often in 10 s of each minute'],
    rows,
  );
}

function alarms(cell: Cell, world: keyof typeof WORLDS, promotions: number, seed: number): number[] {
  const { weight, rate, baseline } = cell;
  const random = seeded(seed);
  const binomial = binomialSampler(random);
  const counts = JUDGES.map(() => 0);
  for (let promotion = 0; promotion < promotions; promotion += 1) {
    const open = new Map(JUDGES.map((judge, index) => [index, judge()]));
    const phase = Math.floor(random() * 60);
    for (let look = 0; look < NULL_LOOKS && open.size > 0; look += 1) {
      const canary = binomial(rate, weight);
      const both = WORLDS[world](baseline, look + phase);
      const [canaryBad, stableBad] = [binomial(canary, both), binomial(rate - canary, both)];
      for (const [index, judge] of open) {
        if (!judge({ canary, canaryBad, stable: rate - canary, stableBad })) continue;
        open.delete(index);
        counts[index] = (counts[index] ?? 0) + 1;
      }
    }
  }
  return counts;
}

function cells(baselines: readonly number[]): Cell[] {
  return baselines.flatMap((baseline) =>
    RATES.flatMap((rate) => WEIGHTS.map((weight) => ({ weight, rate, baseline }))),
  );
}

function words({ weight, rate, baseline }: Cell): string[] {
  return [`${baseline * 100} %`, `${weight * 100} %`, `${rate}`];
}

function orNone(median: number): string {
  return Number.isFinite(median) ? `${median}` : '-';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (of: readonly string[]) => `| ${of.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
