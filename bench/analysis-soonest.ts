import { type Evidence, logEvidence, noEvidence, withLook } from '../src/analysis/judge/evidence.ts';
import { stakesWhenUsedUp } from './analysis-judges.ts';
import { binomialSampler, seeded } from './analysis-random.ts';

const TESTS = [1, 2, 3];
const ALPHA = 0.01;

/**
 * How many failed requests of the canary are enough, in one look, by the judge's own arithmetic: after so
 * many looks with one failed request of stable each. Of 150 requests a look, the weight's part is the
 * canary's.
 */
export function failuresNeeded(): string {
  const rows = [0.01, 0.1, 0.5].flatMap((weight) =>
    [0, 3, 20, 100, 600].map((looks) => {
      const canaryRequests = Math.round(weight * 150);
      const stableRequests = 150 - canaryRequests;
      let before: Evidence = noEvidence();
      for (let look = 0; look < looks; look += 1)
        before = withLook(before, { canaryRequests, canaryBad: 0, stableRequests, stableBad: 1 });
      const needed = TESTS.map((tests) => {
        // further requests of the same share, so that there are enough to fail
        const many = {
          canaryRequests: canaryRequests * 100,
          stableRequests: stableRequests * 100,
          stableBad: 0,
        };
        let canaryBad = 1;
        while (logEvidence(withLook(before, { ...many, canaryBad })) < Math.log(tests / ALPHA))
          canaryBad += 1;
        return `${canaryBad}`;
      });
      return [`${(canaryRequests / 150) * 100} %`.replace(/(\.\d)\d+/, '$1'), `${looks}`, ...needed];
    }),
  );
  return table(
    ['share', 'looks with a failure of stable', ...TESTS.map((each) => `${each} test${each > 1 ? 's' : ''}`)],
    rows,
  );
}

/**
 * Of 150 requests/s, 10 % on the canary, which fails all from 20 s on: median and 90 % quantile of its failed
 * requests until it is found.
 */
export function byLookLength(promotions: number): string {
  const rows = [0.1, 0.2, 0.5, 1].map((seconds, row) => [
    `${seconds} s`,
    ...[0, 0.001, 0.01, 0.05].map((baseline, column) =>
      untilFound(seconds, baseline, promotions, 7000 + 10 * row + column),
    ),
  ]);
  return table(['looks every', 'stable fails 0', '0.1 %', '1 %', '5 %'], rows);
}

function untilFound(seconds: number, baseline: number, promotions: number, seed: number): string {
  const random = seeded(seed);
  const binomial = binomialSampler(random);
  const requests = Math.round(150 * seconds);
  const failed: number[] = [];
  for (let promotion = 0; promotion < promotions; promotion += 1) {
    const judge = stakesWhenUsedUp(Math.log(2 / ALPHA))();
    // the fault begins anywhere in a look
    const start = 20 / seconds + random();
    let users = 0;
    for (let look = 0; look < 60 / seconds; look += 1) {
      const faulty = Math.min(1, Math.max(0, look + 1 - start));
      const canary = binomial(requests, 0.1);
      const canaryBad = Math.min(
        canary,
        Math.round(canary * faulty) + binomial(canary, (1 - faulty) * baseline),
      );
      if (faulty > 0) users += canaryBad;
      const stableBad = binomial(requests - canary, baseline);
      if (!judge({ canary, canaryBad, stable: requests - canary, stableBad })) continue;
      if (faulty > 0) failed.push(users);
      break;
    }
  }
  const sorted = failed.toSorted((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)]}, ${sorted[Math.floor(sorted.length * 0.9)]}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (of: readonly string[]) => `| ${of.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
