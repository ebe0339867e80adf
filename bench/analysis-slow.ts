import { slownessThan } from '../src/analysis/finding.ts';
import { type Judged, nothingJudged, withLookIn } from '../src/analysis/judge/sequential.ts';
import { DEFAULT_SLOW_LIMIT } from '../src/analysis/slow.ts';
import { type Counts, noCounts } from '../src/analysis/source/counts.ts';
import { createWarmUp } from '../src/engines/native/observe/analysis/warm-up.ts';
import { binomialSampler, seeded } from './analysis-random.ts';

const LOOKS = 300;
/** Failed and slow requests share alpha. */
const NEEDED = Math.log(2 / 0.01);
const CELLS = [5, 150, 1000].flatMap((requests) => [0.01, 0.1, 0.5].map((weight) => ({ requests, weight })));

/** The rates of slow requests, so many seconds after the pods of the canary were ready. */
type World = (second: number) => { canary: number; stable: number };

const GOOD: Readonly<Record<string, World>> = {
  'the same: 1 % slow': () => ({ canary: 0.01, stable: 0.01 }),
  'the most that is tolerated: 26 % slow, stable 1 %': () => ({ canary: 0.26, stable: 0.01 }),
  'the most that is tolerated: 85 % slow, stable 60 %': () => ({ canary: 0.85, stable: 0.6 }),
  'all slow for 5 s in each minute, on both': (second) =>
    second % 60 < 5 ? { canary: 1, stable: 1 } : { canary: 0.01, stable: 0.01 },
  'cold: all slow for 25 s, then 20 %': (second) => ({ canary: second < 25 ? 1 : 0.2, stable: 0.01 }),
  'cold: all slow, and half as many every 8 s': (second) => ({ canary: 0.5 ** (second / 8), stable: 0.01 }),
};

const BAD: Readonly<Record<string, World>> = {
  'all slow': () => ({ canary: 1, stable: 0.01 }),
  'half of them slow': () => ({ canary: 0.5, stable: 0.01 }),
  'all slow from 120 s on': (second) => ({ canary: second < 120 ? 0.01 : 1, stable: 0.01 }),
};

/** How often a good release is called slow, in %. */
export function slowAlarms(promotions: number): string {
  return table('no fault', GOOD, (world, cell, seed) => {
    const found = foundAt(world, cell, promotions, seed);
    return ((found.length / promotions) * 100).toFixed(2);
  });
}

/** The median of the seconds until a slow release is found, counted from the pods' readiness. */
export function slowFaults(promotions: number): string {
  return table('fault', BAD, (world, cell, seed) => {
    const found = foundAt(world, cell, promotions, seed).sort((a, b) => a - b);
    return found.length > promotions / 2 ? `${found[Math.floor(promotions / 2)]}` : '-';
  });
}

type Cell = (typeof CELLS)[number];

function foundAt(world: World, cell: Cell, promotions: number, seed: number): number[] {
  const binomial = binomialSampler(seeded(seed));
  return Array.from({ length: promotions }, () => firstAlarm(world, cell, binomial)).flatMap(
    (at) => at ?? [],
  );
}

/** The second at which the judge says bad, one look a second, one pod. */
function firstAlarm(
  world: World,
  { requests, weight }: Cell,
  binomial: (n: number, p: number) => number,
): number | undefined {
  let second = 0;
  const warmUp = createWarmUp(() => [POD], { monotonic: () => second * 1000 });
  const compare = slownessThan('stable', DEFAULT_SLOW_LIMIT);
  let judged: Judged = nothingJudged();
  for (; second < LOOKS; second += 1) {
    const rates = world(second);
    const canary = binomial(requests, weight);
    const grown = {
      ...noCounts(),
      canary: timed(canary, binomial(canary, rates.canary)),
      stable: timed(requests - canary, binomial(requests - canary, rates.stable)),
    };
    const step = { step: 0, weightPercent: weight * 100, counts: grown, before: BEFORE };
    const look = warmUp.isOver(canary) ? compare(step, grown) : undefined;
    if (look) judged = withLookIn(0, judged, look);
    if (judged.mostLogEvidence >= NEEDED) return second + 1;
  }
  return undefined;
}

const POD = { metadata: { uid: 'a' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };

/** Nine in ten of stable's requests take 10 ms, so that more than 100 ms are slow. */
const BEFORE = { ...noCounts(), stable: timed(1000, 0) };

function timed(requests: number, slow: number): Counts {
  const latency = [
    { upToMs: 10, requests: requests - slow },
    { upToMs: 100, requests: requests - slow },
    { upToMs: Number.POSITIVE_INFINITY, requests },
  ];
  return { ...noCounts().stable, requests, latency };
}

function table(
  what: string,
  worlds: Readonly<Record<string, World>>,
  value: (world: World, cell: Cell, seed: number) => string,
): string {
  const head = [what, ...CELLS.map(({ requests, weight }) => `${requests}/s, ${weight * 100} %`)];
  const rows = Object.entries(worlds).map(([name, world], row) => [
    name,
    ...CELLS.map((cell, column) => value(world, cell, 21_000 + 100 * row + column)),
  ]);
  const line = (of: readonly string[]) => `| ${of.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
