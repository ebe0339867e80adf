import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CanaryStep, Rollout } from '../../../../src/engines/argo/rollout/types.ts';
import {
  type Ahead,
  aheadOf,
  rolloutWatchers,
  shortStepsWarning,
} from '../../../../src/engines/argo/watch/rollout-watchers.ts';
import { ABORTED, AT_GATE, rolloutOf, UPDATING } from '../fixtures.ts';

type Strategy = NonNullable<NonNullable<Rollout['spec']>['strategy']>;

const withSteps = (...steps: CanaryStep[]) => rolloutOf({ spec: { strategy: { canary: { steps } } } });
const START: Ahead = { from: 0, promoteFull: false, gate: undefined };

describe('what of a Rollout notices a bad release', () => {
  const analysis = { templates: [{ templateName: 'errors' }] };
  const cases: [what: string, strategy: Strategy, names: string[], ahead?: Ahead][] = [
    [
      'nothing, if its pauses end by themselves',
      { canary: { steps: [{ setWeight: 20 }, { pause: { duration: '5s' } }] } },
      [],
    ],
    ['a person at a pause', { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } }, ['a person']],
    ['its analysis in the background', { canary: { analysis, steps: [] } }, ['the analysis of the Rollout']],
    [
      'the analysis of a step, and an experiment with analyses',
      { canary: { steps: [{ analysis }, { experiment: { analyses: [{}] } }] } },
      ['the analysis, step 1 of 2', 'the experiment, step 2 of 2'],
    ],
    ['an experiment without analyses judges nothing', { canary: { steps: [{ experiment: {} }] } }, []],
    [
      'only what is ahead',
      { canary: { steps: [{ analysis }, { pause: {} }, { setWeight: 50 }] } },
      ['a person'],
      { ...START, from: 1 },
    ],
    [
      'nothing that a full promotion skips',
      { canary: { analysis, steps: [{ pause: {} }] } },
      [],
      { ...START, promoteFull: true },
    ],
    [
      'the person who promotes it past a gate, fully too',
      { canary: { steps: [{ pause: {} }] } },
      ['a person'],
      { from: 0, promoteFull: true, gate: 'step 1 of 1 is a pause without a duration' },
    ],
    ['nothing of a blue-green Rollout that switches by itself', { blueGreen: { activeService: 'web' } }, []],
    [
      'the analyses of a blue-green Rollout, and a person',
      { blueGreen: { prePromotionAnalysis: {}, postPromotionAnalysis: {}, autoPromotionEnabled: false } },
      ['the analysis before the switch', 'a person', 'the analysis after the switch'],
    ],
  ];
  for (const [what, strategy, names, ahead = START] of cases) {
    it(what, () => {
      const watchers = rolloutWatchers(rolloutOf({ spec: { strategy } }), ahead);
      assert.deepEqual(
        watchers.map(({ name }) => name),
        names,
      );
    });
  }
});

describe('which steps are ahead', () => {
  const cases: [what: string, status: object, found: boolean, from: number][] = [
    ['all of a new release', AT_GATE, false, 0],
    ['the gate that this run passes, and those behind it', AT_GATE, true, 1],
    ['the current one of a release under way', { ...UPDATING, currentStepIndex: 3 }, true, 3],
    ['all of a release that is retried', ABORTED, true, 0],
  ];
  for (const [what, status, found, from] of cases) {
    it(what, () => assert.equal(aheadOf(rolloutOf({ status }), found, false).from, from));
  }
});

describe('the warning about short steps', () => {
  const pause = (duration: string) => ({ pause: { duration } });
  const cases: [what: string, rollout: Rollout, bakeMs: number, expected: RegExp | undefined][] = [
    [
      'a weight for 5 s',
      withSteps({ setWeight: 20 }, pause('5s')),
      60_000,
      /: 20 % for 5s\. The release is judged for up to 1m more/,
    ],
    [
      'without a bake',
      withSteps({ setWeight: 20 }, pause('5s')),
      0,
      /Nothing judges the release after that, because `bake` is 0\./,
    ],
    [
      'only the short ones',
      withSteps({ setWeight: 5 }, pause('1m'), { setWeight: 20 }, { setWeight: 50 }, pause('2s')),
      60_000,
      /: 20 % for 0ms, 50 % for 2s\./,
    ],
    [
      'pauses of one weight add up',
      withSteps({ setWeight: 20 }, pause('5s'), pause('5s')),
      60_000,
      undefined,
    ],
    [
      'no users, and all users',
      withSteps({ setWeight: 0 }, pause('1s'), { setWeight: 100 }),
      60_000,
      undefined,
    ],
  ];
  for (const [what, rollout, bakeMs, expected] of cases) {
    it(what, () => {
      const warning = shortStepsWarning(rollout, START, 8_000, bakeMs);
      if (expected) assert.match(warning ?? '', expected);
      else assert.equal(warning, undefined);
    });
  }
});
