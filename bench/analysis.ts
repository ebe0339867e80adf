import { cpus } from 'node:os';
import { lateAlarms, lateFaults, ORDER } from './analysis-late.ts';
import { slowAlarms, slowFaults } from './analysis-slow.ts';
import { byLookLength, failuresNeeded } from './analysis-soonest.ts';
import { falseAlarms, power } from './analysis-truth.ts';
import { unkindWorlds } from './analysis-worlds.ts';

/**
 * `npm run bench:analysis`: is the judge right, and how soon; simulated, always with the same seeds. What
 * docs/benchmarks.md records. `npm run bench:analysis -- late-faults` and `-- late-alarms`: the judge and two
 * others on faults that begin late, a quarter of an hour each. `npm run bench:analysis -- latency`: the
 * comparison of latencies that is made if no check asks for one, five minutes.
 */
const [part = 'judges'] = process.argv.slice(2);
const begun = performance.now();
const today = new Date().toISOString().slice(0, 10);
console.log(
  `${today}, ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}, \`npm run bench:analysis\`, ${part}.\n`,
);
if (part === 'late-faults')
  console.log(
    `101 simulated promotions a cell, one look a second, alpha 1 %, one test. Median of failed requests of the canary's users until the fault is found, ` +
      `within 300 s (-: not in half of them), ${ORDER}.\n\n${lateFaults(101)}`,
  );
else if (part === 'late-alarms')
  console.log(
    `2,000 simulated promotions a cell, 600 looks, one a second, alpha 1 %, one test. No difference, and called bad, in %, ${ORDER}.\n\n${lateAlarms(2000)}`,
  );
else if (part === 'latency') latency();
else judges();
console.log(`\nIn ${((performance.now() - begun) / 1000).toFixed(0)} s.`);

function latency(): void {
  console.log(
    '1,000 simulated promotions a cell, 300 looks, one a second, alpha 1 %, two tests, one pod; requests/s and weight.\n\n' +
      `A good release called slow, in %.\n\n${slowAlarms(1000)}`,
  );
  console.log(
    `\nA slow release: median of seconds from the pod's readiness until it is found, of 101 promotions (-: not in half of them).\n\n${slowFaults(101)}`,
  );
}

function judges(): void {
  console.log('10,000 simulated promotions a cell, 60 looks, one a second, 150 requests/s, 10 % weight.\n');
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
    `\nFailed requests of the canary, in one look, that are enough for alpha 1 %.\n\n${failuresNeeded()}`,
  );
  console.log(
    `\n1,000 simulated promotions a cell, 150 requests/s, 10 % weight, alpha 1 %, two tests: all of the canary's requests fail from 20 s on. ` +
      `Failed requests of the canary until that is found, median and 90 % quantile.\n\n${byLookLength(1000)}`,
  );
  console.log(
    `\n2,000 simulated promotions a cell, 600 looks, alpha 1 %, one test: called bad without a difference, in %, ${ORDER}.\n\n${unkindWorlds(2000)}`,
  );
}
