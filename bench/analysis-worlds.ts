import { sinceTheStepBegan, stakeAtEachLook, stakesWhenUsedUp } from './analysis-judges.ts';
import { binomialSampler, seeded } from './analysis-random.ts';
import type { Look } from './analysis-rivals.ts';

const NEEDED = Math.log(100);
const LOOKS = 600;
const JUDGES = [sinceTheStepBegan(NEEDED), stakeAtEachLook(NEEDED), stakesWhenUsedUp(NEEDED)];

type Binomial = (n: number, p: number) => number;

/** One look of a world without a difference; `requests` a second, `phase` is anywhere in a minute. */
type World = (binomial: Binomial, requests: number, look: number, phase: number) => Look;

function same(binomial: Binomial, canary: number, stable: number, rate: number): Look {
  return { canary, canaryBad: binomial(canary, rate), stable, stableBad: binomial(stable, rate) };
}

/** Worlds that are unkind to a judge that takes the shares or the rates of a step for constant. */
const WORLDS: Readonly<Record<string, World>> = {
  'exactly one request in ten goes to the canary, 1 % fail': (binomial, requests, look) => {
    const until = (second: number) => Math.floor((second * requests) / 10);
    const canary = until(look + 1) - until(look);
    return same(binomial, canary, requests - canary, 0.01);
  },
  'the share rises from 2 % to 20 % within the step, and all failures from 0.5 % to 5 % with it': (
    binomial,
    requests,
    look,
  ) => {
    const isLate = look >= LOOKS / 2;
    const canary = binomial(requests, isLate ? 0.2 : 0.02);
    return same(binomial, canary, requests - canary, isLate ? 0.05 : 0.005);
  },
  'each minute an outage of one second, in which all requests fail': (binomial, requests, look, phase) => {
    const canary = binomial(requests, 0.1);
    return same(binomial, canary, requests - canary, (look + phase) % 60 === 0 ? 1 : 0.001);
  },
  'half of the looks have no requests at all, 1 % fail': (binomial, requests, look) => {
    const all = look % 2 === 0 ? requests : 0;
    const canary = binomial(all, 0.1);
    return same(binomial, canary, all - canary, 0.01);
  },
};

/** How often each judge is wrong in these worlds, in %. */
export function unkindWorlds(promotions: number): string {
  const rows = Object.entries(WORLDS).map(([name, world], row) => [
    name,
    ...[5, 150].map((requests) => alarms(world, requests, promotions, 11_000 + row)),
  ]);
  const line = (of: readonly string[]) => `| ${of.join(' | ')} |`;
  return [line(['no difference', '5 requests/s', '150 requests/s']), '|---|---|---|', ...rows.map(line)].join(
    '\n',
  );
}

function alarms(world: World, requests: number, promotions: number, seed: number): string {
  const random = seeded(seed);
  const binomial = binomialSampler(random);
  const counts = JUDGES.map(() => 0);
  for (let promotion = 0; promotion < promotions; promotion += 1) {
    const phase = Math.floor(random() * 60);
    const looks = Array.from({ length: LOOKS }, (_, look) => world(binomial, requests, look, phase));
    for (const [index, judge] of JUDGES.entries())
      if (looks.some(judge())) counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count) => ((count / promotions) * 100).toFixed(2)).join(' / ');
}
