import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describePlan } from '../../../../../src/engines/native/plan/describe-plan.ts';
import type { Stage } from '../../../../../src/engines/native/plan/stage.ts';
import { judgedStages, stagesOf } from '../../../../../src/engines/native/plan/stages.ts';
import type { Step } from '../../../../../src/settings/steps.ts';
import { nginx } from '../../../../../src/traffic/nginx/router.ts';
import { deployment, FROM, plan, record } from '../../fixtures.ts';

const said = ({ kind, weight, replicaPercent: share, image, forMs }: Stage) =>
  `${kind} ${weight} ${share} ${image} ${forMs}`;
const SWITCH: Step = { kind: 'weight', weight: 100, holdMs: 600_000 };
const HOLD: Step = { kind: 'hold' };
const TIMED: Step = { kind: 'hold', holdMs: 300_000 };
const END = ['update-stable 100 100 to 3000', 'shift-back lower keep to 7000'];

const made = (steps: Step[], over = {}) =>
  record({
    plan: plan({ strategy: 'bluegreen', steps, settleMs: 3000, drainMs: 7000, ...over }),
  });

describe('engines/native/plan/strategy/bluegreen', () => {
  it('starts a full copy, switches once, keeps stable, and updates it behind', () =>
    assert.deepEqual(stagesOf(made([SWITCH])).map(said), [
      'grow 0 100 from 10000',
      'weight 100 100 from 600000',
      ...END,
      'clean-up keep none any 0',
    ]));

  it('holds on a full copy before the switch, and after it with all users on the copy', () =>
    assert.deepEqual(
      stagesOf(made([HOLD, SWITCH, HOLD]))
        .map(said)
        .slice(0, 4),
      ['hold 0 100 from 0', 'grow 0 100 from 10000', 'weight 100 100 from 600000', 'hold 100 100 from 0'],
    ));

  it('has what a step says besides: on the preview, after the switch, and at a hold behind it', () => {
    const own = { untilSure: true, mostFailures: 5, checks: ['smoke'] } as const;
    const steps: Step[] = [
      { ...TIMED, checks: ['preview'] },
      { ...SWITCH, ...own },
      { ...TIMED, checks: ['late'] },
    ];
    assert.deepEqual(
      stagesOf(made(steps)).flatMap(({ kind, untilSure, mostFailures, checks }) =>
        checks ? [[kind, untilSure, mostFailures, checks.join()]] : [],
      ),
      [
        ['hold', undefined, undefined, 'preview'],
        ['weight', true, 5, 'smoke'],
        ['hold', undefined, undefined, 'late'],
      ],
    );
  });

  const lines: [what: string, steps: Step[], preview: RegExp, keep: RegExp][] = [
    ['no hold', [SWITCH], /web-canary; then all/, /for 10m, and one write/],
    [
      'holds for a person',
      [HOLD, SWITCH, HOLD],
      /web-canary \(hold\); then/,
      /for 10m, and until a person goes on \(hold\), and one/,
    ],
    [
      'holds that go on by themselves',
      [TIMED, SWITCH, TIMED],
      /web-canary \(hold for 5m\); then/,
      /for 10m, then hold for 5m, and one/,
    ],
    [
      'checks of its own',
      [
        { ...TIMED, checks: ['preview'] },
        { ...SWITCH, mostFailures: 5, checks: ['smoke', 'slow'] },
      ],
      /web-canary \(hold for 5m, with check preview\); then/,
      /for 10m, with 5 failed requests at most and checks smoke and slow, and one/,
    ],
  ];
  for (const [what, steps, preview, keep] of lines) {
    it(`says in the plan how long it waits: ${what}`, () => {
      const said = describePlan(made(steps).plan, deployment('web', FROM, 4), nginx).join('\n');
      assert.match(said, preview);
      assert.match(said, keep);
    });
  }

  it('holds the autoscaler before stable has no users, and releases it when they are back', () =>
    assert.deepEqual(stagesOf(made([SWITCH], { autoscaler: { name: 'web' } })).map(said), [
      'hold-autoscaler 0 100 from 0',
      'grow 0 100 from 10000',
      'weight 100 100 from 600000',
      ...END,
      'release-autoscaler keep keep any 0',
      'clean-up keep none any 0',
    ]));

  it('runs the Jobs that check on a full copy', () => {
    const job = { image: undefined, command: [], args: [], env: {}, serviceAccount: undefined, timeoutMs: 1 };
    const [first] = stagesOf(made([SWITCH], { jobs: [{ name: 'smoke', job }] }));
    assert.equal(first && said(first), 'test 0 100 from 0');
  });

  it('judges the copy from the switch on', () =>
    assert.deepEqual([...judgedStages(made([SWITCH]).plan)], [1, 2]));

  it('goes back at once while stable is as it was', () => {
    const down = { ...made([SWITCH]), direction: 'down', drain: true } as const;
    assert.equal(stagesOf(down).map(said)[0], 'drain-canary lower keep any 7000');
  });
});
