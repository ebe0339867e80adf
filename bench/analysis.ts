import { cpus } from 'node:os';
import { lateFaults } from './analysis-steps.ts';
import { falseAlarms, power } from './analysis-truth.ts';

/** `npm run bench:analysis`: is the judge right, and how soon; simulated, always with the same seeds. What docs/benchmarks.md records. */
const begun = performance.now();
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, ` +
    '`npm run bench:analysis`: 10,000 simulated promotions a cell, 60 looks, one a second, 150 requests/s, 10 % weight.\n',
);
console.log(`False alarms: no difference, and called bad, in % ± standard error.\n\n${falseAlarms()}`);
for (const [words, ratio] of [
  ['twice', 2],
  ['five times', 5],
] as const) {
  console.log(
    `\nThe canary fails ${words} as often: found, in % ± standard error, and the median of requests to the service until then.\n\n${power(ratio)}`,
  );
}
console.log(
  `\nFour steps (5, 10, 25, 50 %, 60 looks each), alpha 1 %, 2,000 promotions a cell: found, in %, and the median of looks from the fault on, ` +
    `with the steps' evidence as it is combined here (a stake for each step) and as a plain product.\n\n${lateFaults()}`,
);
console.log(`\nIn ${((performance.now() - begun) / 1000).toFixed(0)} s.`);
