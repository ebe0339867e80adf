import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shortSteps } from '../../../src/engines/native/prove-watchers.ts';
import type { Step } from '../../../src/settings/steps.ts';

const COUNTERS = { name: 'the counters', lagMs: 2000 };
const LOG = { name: 'the log' };
const steps = (...seconds: number[]): Step[] =>
  seconds.map((each) => ({ kind: 'weight', weight: 10 + each, holdMs: each * 1000 }));

const CASES: [what: string, steps: Step[], working: (typeof COUNTERS | typeof LOG)[], warning?: RegExp][] = [
  ['long steps', steps(10, 60), [COUNTERS]],
  [
    'a short step',
    steps(5, 60),
    [COUNTERS],
    /^Only the counters .* 2s late, .* after 8s\. The steps 15 % .* at least 10s\.$/,
  ],
  ['short steps, watched by a log too', steps(5, 5), [COUNTERS, LOG]],
  ['short steps, watched by a log', steps(5), [LOG]],
  ['short steps, and nothing watches', steps(5), []],
  ['a step without a time', steps(0), [COUNTERS]],
  ['a hold', [{ kind: 'hold' }], [COUNTERS]],
];

describe('engines/native/prove-watchers', () => {
  for (const [what, given, working, warning] of CASES) {
    it(`${warning ? 'warns of' : 'says nothing about'} ${what}`, () => {
      const found = shortSteps({ steps: given }, 8000, working);
      if (warning) assert.match(found ?? '', warning);
      else assert.equal(found, undefined);
    });
  }
});
