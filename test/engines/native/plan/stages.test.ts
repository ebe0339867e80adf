import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Plan } from '../../../../src/engines/native/plan/plan.ts';
import type { Stage } from '../../../../src/engines/native/plan/stage.ts';
import { judgedStages, stagesOf } from '../../../../src/engines/native/plan/stages.ts';
import type { Step } from '../../../../src/settings/steps.ts';
import { plan, record } from '../fixtures.ts';

/** A stage in a few words: kind, weight, share of pods, image, and how long it is held. */
const said = ({ kind, weight, replicaPercent: share, image, forMs }: Stage) =>
  `${kind} ${weight} ${share} ${image} ${forMs}`;
const weight = (percent: number, holdMs: number): Step => ({ kind: 'weight', weight: percent, holdMs });
const PACE = { readySeconds: 5, surge: '4%' };
const LEAVE = ['shift-back lower keep to 7000', 'clean-up keep none any 0'];

describe('engines/native/plan/stages: copies of requests', () => {
  const mirror = { percent: 20, methods: 'get', ms: 30_000 } as const;
  const firstContact = { weight: 1, ms: 10_000 };

  it('come before the first user, on pods for the copied share, which stay for the steps', () => {
    const stages = stagesOf(
      record({ plan: plan({ steps: [weight(10, 60_000), weight(50, 0)], firstContact, mirror }) }),
    );
    assert.deepEqual(stages.slice(0, 4).map(said), [
      'mirror 0 20 from 30000',
      'first-contact 1 20 from 10000',
      'weight 10 20 from 60000',
      'weight 50 50 from 0',
    ]);
    assert.equal(stages[0]?.name, 'mirror 20 %');
  });

  it('are judged, also beside a baseline, although no user is on the canary', () => {
    const baseline = { deployment: 'web-baseline', label: { key: 'role', value: 'baseline' }, services: [] };
    for (const over of [{}, { baseline }]) {
      const planned = plan({ steps: [weight(10, 60_000)], mirror, ...over });
      assert.ok(judgedStages(planned).has(0));
      assert.ok(judgedStages(planned).has(1));
    }
  });
});

describe('engines/native/plan/stages', () => {
  const ups: [what: string, steps: Step[], finish: 'shift' | 'roll', expected: string[]][] = [
    [
      'shift: the canary grows, carries everybody, and stable is written then',
      [weight(10, 60_000), weight(50, 0)],
      'shift',
      [
        'weight 10 10 from 60000',
        'weight 50 50 from 0',
        'grow 50 100 from 3000',
        'shift 100 100 from 3000',
        'update-stable 100 100 to 3000',
        ...LEAVE,
      ],
    ],
    [
      'shift from 100 %: it has grown already',
      [weight(100, 1000)],
      'shift',
      ['weight 100 100 from 1000', 'shift 100 100 from 3000', 'update-stable 100 100 to 3000', ...LEAVE],
    ],
    [
      'roll: stable is written at the last weight, and the canary never grows',
      [weight(10, 0), weight(50, 0)],
      'roll',
      ['weight 10 10 from 0', 'weight 50 50 from 0', 'update-stable 50 50 to 3000', ...LEAVE],
    ],
    [
      'a hold keeps the weight before it, in the middle and at the end',
      [weight(10, 0), { kind: 'hold' }, weight(20, 0), { kind: 'hold' }],
      'roll',
      [
        'weight 10 10 from 0',
        'hold 10 10 from 0',
        'weight 20 20 from 0',
        'hold 20 20 from 0',
        'update-stable 20 20 to 3000',
        ...LEAVE,
      ],
    ],
    [
      'a hold before the first weight sends nobody',
      [{ kind: 'hold' }, weight(10, 0)],
      'roll',
      ['hold 0 0 from 0', 'weight 10 10 from 0', 'update-stable 10 10 to 3000', ...LEAVE],
    ],
    ['no steps: stable at once, whatever finish says', [], 'shift', ['update-stable keep keep to 0']],
    ['no steps, roll', [], 'roll', ['update-stable keep keep to 0']],
  ];
  for (const [what, steps, finish, expected] of ups) {
    it(`up, ${what}`, () => {
      const made = record({ plan: plan({ steps, finish, settleMs: 3000, drainMs: 7000 }) });
      assert.deepEqual(stagesOf(made).map(said), expected);
    });
  }

  it('up, at a pace: stable is written at the last weight, and no autoscaler takes pods off it', () => {
    const paced = { finish: 'pace', pace: PACE, autoscaler: { name: 'web' } } as const;
    const made = record({ plan: plan({ steps: [weight(50, 0)], ...paced, settleMs: 3000, drainMs: 7000 }) });
    assert.deepEqual(stagesOf(made).map(said), [
      'weight 50 50 from 0',
      'hold-autoscaler 50 50 from 0',
      'update-stable 50 50 to 3000',
      'shift-back lower keep to 7000',
      'release-autoscaler keep keep any 0',
      'clean-up keep none any 0',
    ]);
  });

  it('up, no steps at a pace: what was set for it is put back', () => {
    const made = record({ plan: plan({ steps: [], finish: 'pace', pace: PACE }) });
    assert.deepEqual(stagesOf(made).map(said), ['update-stable keep keep to 0', 'clean-up keep none any 0']);
  });

  it('up, with a hold before the first weight: the first contact comes after it', () => {
    const steps: Step[] = [{ kind: 'hold' }, weight(20, 0)];
    const made = record({ plan: plan({ steps, firstContact: { weight: 1, ms: 10_000 }, finish: 'roll' }) });
    assert.deepEqual(stagesOf(made).map(said).slice(0, 3), [
      'hold 0 0 from 0',
      'first-contact 1 20 from 10000',
      'weight 20 20 from 0',
    ]);
  });

  it('up, with Jobs that check: before any weight, at the size of the first step', () => {
    const steps: Step[] = [{ kind: 'hold' }, weight(20, 0)];
    const job = { image: undefined, command: [], args: [], env: {}, serviceAccount: undefined, timeoutMs: 1 };
    const jobs = [{ name: 'smoke', job }];
    const made = record({ plan: plan({ steps, jobs, finish: 'roll', settleMs: 3000, drainMs: 7000 }) });
    assert.deepEqual(stagesOf(made).map(said).slice(0, 3), [
      'test 0 20 from 0',
      'hold 0 0 from 0',
      'weight 20 20 from 0',
    ]);
    const atOnce = record({ plan: plan({ steps: [], jobs }) });
    assert.deepEqual(
      stagesOf(atOnce).map(said),
      ['update-stable keep keep to 0'],
      'no canary, nothing to check',
    );
  });

  const baseline = { deployment: 'web-baseline', label: { key: 'role', value: 'baseline' }, services: [] };

  it('up, with a baseline: it parts while the canary carries everybody, or at the last weight', () => {
    const up = (finish: 'shift' | 'roll') => {
      const planned = { steps: [weight(50, 0)], finish, baseline, settleMs: 3000, drainMs: 7000 };
      return stagesOf(record({ plan: plan(planned) })).map(said);
    };
    assert.deepEqual(up('shift').slice(1, -2), [
      'grow 50 100 from 3000',
      'shift 100 100 from 3000',
      'drain-baseline 100 100 from 7000',
      'update-stable 100 100 to 3000',
    ]);
    assert.deepEqual(up('roll').slice(1, -2), [
      'drain-baseline 50 50 from 7000',
      'update-stable 50 50 to 3000',
    ]);
  });

  it('up, an experiment: the first step without its weight, and nothing after it', () => {
    const steps: Step[] = [weight(20, 60_000), { kind: 'hold' }, weight(50, 1000)];
    const made = record({ plan: plan({ steps, strategy: 'experiment', routes: [], baseline }) });
    assert.deepEqual(stagesOf(made).map(said), ['test 0 20 from 60000', 'clean-up keep none any 0']);
    assert.equal(judgedStages(made.plan).size, 0, 'no users, nothing to judge by them');
  });

  const REMOVE = 'clean-up keep none any 0';
  const downs: [
    what: string,
    over: Partial<ReturnType<typeof record>>,
    planned: Partial<ReturnType<typeof plan>>,
    expected: string[],
  ][] = [
    ['users were on the canary', { drain: true }, {}, ['drain-canary lower keep any 7000', REMOVE]],
    ['nobody was: no drain', { drain: false }, {}, ['drain-canary lower keep any 0', REMOVE]],
    [
      'shift, stable was written: the canary carries while it is put back',
      { drain: true, restore: true },
      {},
      [
        'canary-takes-all 100 100 any 3000',
        'restore keep keep from 3000',
        'drain-canary lower keep any 7000',
        REMOVE,
      ],
    ],
    [
      'pace, stable was written: it carries everybody while it is put back',
      { drain: true, restore: true },
      { finish: 'pace', pace: PACE },
      ['restore lower keep from 3000', 'drain-canary lower keep any 7000', REMOVE],
    ],
    [
      'no steps, at a pace: there is no weight to lower',
      { restore: true },
      { steps: [], finish: 'pace', pace: PACE },
      ['restore keep keep from 0', 'drain-canary lower keep any 0', REMOVE],
    ],
    [
      'roll, stable was written: the canary has no room to carry',
      { drain: true, restore: true },
      { finish: 'roll' },
      ['restore keep keep from 3000', 'drain-canary lower keep any 7000', REMOVE],
    ],
    [
      'no steps, stable was written: there is no canary to carry, and nothing to settle',
      { restore: true },
      { steps: [] },
      ['restore keep keep from 0', 'drain-canary lower keep any 0', REMOVE],
    ],
  ];
  for (const [what, over, planned, expected] of downs) {
    it(`down, ${what}`, () => {
      const made = record({
        direction: 'down',
        ...over,
        plan: plan({ settleMs: 3000, drainMs: 7000, ...planned }),
      });
      assert.deepEqual(stagesOf(made).map(said), expected);
    });
  }

  it('names the stages for the log, each another', () => {
    const steps: Step[] = [weight(10, 0), { kind: 'hold' }, weight(50, 0)];
    const names = stagesOf(record({ plan: plan({ steps }) })).map(({ name }) => name);
    assert.deepEqual(names, [
      '10 %',
      'hold',
      '50 %',
      'full size',
      '100 %',
      'update stable',
      'back to stable',
      'clean up',
    ]);
  });
});

describe('engines/native/plan/stages: judged', () => {
  const weights = [10, 50].map((weight) => ({ kind: 'weight' as const, weight, holdMs: 0 }));
  const baseline = { deployment: 'web-baseline', label: { key: 'role', value: 'baseline' }, services: [] };
  const cases: [what: string, over: Partial<Plan>, expected: number][] = [
    ['two weights, full size, 100 % and stable', { steps: weights }, 5],
    ['a hold is judged too', { steps: [...weights, { kind: 'hold' }] }, 6],
    ['rolled under traffic: the weights, and stable', { steps: weights, finish: 'roll' }, 3],
    ['beside a baseline: the weights alone', { steps: weights, baseline }, 2],
    ['a rollback at once has no canary', { steps: [] }, 0],
  ];
  for (const [what, over, expected] of cases) {
    it(what, () => assert.equal(judgedStages(plan(over)).size, expected));
  }
});
