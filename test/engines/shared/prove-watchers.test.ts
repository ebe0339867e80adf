import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkWatchers } from '../../../src/engines/shared/prove-watchers.ts';
import { parseSteps } from '../../../src/settings/steps.ts';

describe('engines/shared/prove-watchers: checks', () => {
  const table: [what: string, steps: string[], states: string[]][] = [
    ['no step names one', ['10% 2m'], ['watches: set by `checks`', 'watches: set by `checks`']],
    [
      'one step names one',
      ['10% 2m', '50% 2m checks smoke'],
      ['watches: set by `checks`', 'unavailable: it watches the step 50 % alone'],
    ],
    [
      'each step names one of them',
      ['10% 2m checks smoke', 'hold', '50% 2m checks ready smoke'],
      [
        'watches: set by `checks`, for the step 50 %',
        'watches: set by `checks`, for the steps 10 % and 50 %',
      ],
    ],
    [
      'a hold alone names one',
      ['10% 2m', 'hold 5m checks smoke'],
      ['watches: set by `checks`', 'unavailable: it watches the step hold alone'],
    ],
    [
      'each step names one, and one of them is not measured',
      ['10% 2m checks smoke', '50% 2m checks latency'],
      ['watches: set by `checks`', 'unavailable: it watches the step 10 % alone'],
    ],
  ];
  for (const [what, steps, states] of table) {
    it(what, () =>
      assert.deepEqual(
        checkWatchers(['ready', 'smoke'], parseSteps(steps)).map(
          ({ state, detail }) => `${state}: ${detail}`,
        ),
        states,
      ),
    );
  }
});
