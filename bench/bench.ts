import { provenance } from './measure.ts';
import { processCost } from './process-cost.ts';
import { promotionCost } from './promotion-cost.ts';

/**
 * `npm run bench [-- ROUNDS]`: prints what docs/benchmarks.md records; everything in one run, since machines are noisy. Time under load
 * in the lab and users' failed requests come from `npm run test:e2e`.
 */
const rounds = Number(process.argv[2] ?? 20);
console.log(
  `${provenance('npm run bench')}: ${rounds} runs each, in turn; median (10th to 90th percentile).\n`,
);
console.log(await processCost(rounds));
console.log(`\n${await promotionCost(Math.ceil(rounds / 4))}`);
// the built-in cluster's timers go on in real time
process.exit(0);
