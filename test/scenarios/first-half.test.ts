import { runHalf } from './run-half.ts';

await runHalf(0);
