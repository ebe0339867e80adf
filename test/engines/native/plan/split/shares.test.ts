import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { makePlan } from '../../../../../src/engines/native/plan/make-plan.ts';
import { canaryReplicas, mostCanaryPods } from '../../../../../src/engines/native/plan/plan.ts';
import type { PromotionSpec } from '../../../../../src/engines/native/plan/spec.ts';
import { stagesUp } from '../../../../../src/engines/native/plan/stages-up.ts';
import { candidateRouters, ROUTERS } from '../../../../../src/traffic/index.ts';
import { deployment, FROM, type Given, inventory, spec } from '../../fixtures.ts';

const BY_PODS = { sharesByPods: true } as const;
const weight = (percent: number) => ({ kind: 'weight', weight: percent, holdMs: 60_000 }) as const;

function planned(stable: number, wanted: Partial<PromotionSpec> = {}, over: Partial<Given> = {}) {
  const asked = spec({ traffic: 'replicas', ...wanted });
  const given = inventory({ deployments: [deployment('web', FROM, stable)], ...over });
  return makePlan(asked, given, candidateRouters(asked.traffic, ROUTERS, asked.strategy));
}

function accepted(...given: Parameters<typeof planned>) {
  const made = planned(...given);
  assert.ok('plan' in made, JSON.stringify(made));
  return made;
}

describe('engines/native/plan/split/shares: the pods that a weight needs', () => {
  const table: [stable: number, weight: number, pods: number][] = [
    [4, 10, 1],
    [4, 25, 1],
    [4, 50, 4],
    [4, 100, 4],
    [10, 10, 1],
    [10, 25, 3],
    [9, 10, 1],
    [100, 5, 5],
    [1, 50, 1],
  ];
  for (const [stable, percent, pods] of table) {
    it(`${percent} % beside ${stable} pods of stable are ${pods}`, () =>
      assert.equal(canaryReplicas(BY_PODS, stable, percent), pods));
  }

  it('no other number of pods comes nearer to the share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 50 }), (stable, percent) => {
        const pods = canaryReplicas(BY_PODS, stable, percent);
        const off = (count: number) => Math.abs((100 * count) / (stable + count) - percent);
        assert.ok(pods >= 1 && pods <= stable);
        // the share does not grow evenly with the pods, so that half a pod is not quite half of the way
        const slack = 100 / (stable + pods) ** 2;
        for (const other of [pods - 1, pods + 1]) assert.ok(other < 1 || off(pods) <= off(other) + slack);
      }),
    );
  });

  it('counts them where the plan counts the room', () => {
    const { plan } = accepted(8, { steps: [weight(20)], finish: 'pace' });
    assert.equal(mostCanaryPods(plan, 8), 2);
  });
});

describe('engines/native/plan/split/shares: the plan', () => {
  it('says which share each step gets, and the least that there is', () =>
    assert.match(
      accepted(4).lines.join('\n'),
      /^shares: 10 % becomes 20 %: 1 of 5 pods; 50 % is 4 of 8 pods; the least that the canary can have is 20 %: 1 of 5 pods$/m,
    ));

  it('keeps the selector for both versions, by which a guard goes on', () =>
    assert.deepEqual(accepted(4).plan.routes, [{ stable: 'web', canary: 'web', both: { tier: 'front' } }]));

  it('says what nothing there can promise', () => {
    const lines = accepted(4).lines.join('\n');
    assert.match(lines, /^replicas: kube-proxy chooses a pod for each connection and not for each request/m);
    assert.match(lines, /^replicas: weight 0 is one write of the Service/m);
  });

  it('gives the first contact the share of one pod, and leaves it out before a step of the same', () => {
    const firstContact = { weight: 1, ms: 10_000 };
    const kinds = (...percents: number[]) =>
      stagesUp(accepted(4, { firstContact, steps: percents.map(weight) }).plan)
        .filter(({ kind }) => kind === 'first-contact')
        .map((stage) => [stage.weight, stage.replicaPercent]);
    assert.deepEqual(kinds(50), [[20, 20]]);
    assert.deepEqual(kinds(10, 50), []);
  });

  const refused: [
    what: string,
    stable: number,
    Partial<PromotionSpec>,
    code: string,
    RegExp,
    hint: RegExp,
  ][] = [
    [
      'a step that gets more than twice what it asks for',
      4,
      { steps: [weight(1), weight(5), weight(25)] },
      'router',
      /`steps` has 1 % and 5 %, but one canary pod beside 4 of stable gets 20 % of the users/,
      /`steps: \[20% 2m, 50% 2m\]`/,
    ],
    [
      'more than half of the users',
      4,
      { steps: [weight(50), weight(75)] },
      'router',
      /has 75 %.* gets 50 %/,
      /50 % at most/,
    ],
    [
      'blue/green',
      4,
      { strategy: 'bluegreen', steps: [weight(100)] },
      'router',
      /bluegreen/,
      /`traffic: service`/,
    ],
    ['a baseline', 4, { baseline: true }, 'baseline', /adds pods of the stable version/, /Remove/],
    ['testers', 4, { steer: { cookie: 'canary' } }, 'router', /`cookie` is set/, /Remove/],
  ];
  for (const [what, stable, wanted, code, message, hint] of refused) {
    it(`refuses ${what}`, () => {
      const made = planned(stable, wanted);
      assert.ok('refusals' in made, JSON.stringify(made));
      const found = made.refusals.find((each) => each.code === code);
      assert.match(found?.message ?? JSON.stringify(made.refusals), message);
      assert.match(found?.hint ?? '', hint);
    });
  }

  const smallest: [stable: number, percent: number][] = [
    [1, 25],
    [2, 17],
    [4, 10],
    [9, 5],
    [19, 3],
    [99, 1],
  ];
  for (const [stable, percent] of smallest) {
    it(`allows ${percent} % beside ${stable} pods of stable as the smallest step`, () => {
      accepted(stable, { steps: [weight(percent)] });
      if (percent > 1) assert.ok('refusals' in planned(stable, { steps: [weight(percent - 1)] }));
    });
  }

  const allowed: [what: string, stable: number, weights: number[]][] = [
    ['twice as many as asked for', 4, [10]],
    ['one pod beside one', 1, [25]],
    ['all users as the last step', 4, [50, 100]],
    ['the default steps beside many pods', 20, [5, 25, 50]],
  ];
  for (const [what, stable, weights] of allowed) {
    it(`allows ${what}`, () => void accepted(stable, { steps: weights.map(weight) }));
  }

  it('is made only if the router is named', () => {
    const made = planned(4, { traffic: 'auto' }, { ingresses: [] });
    assert.ok('refusals' in made);
  });

  it('has no shares in an experiment, which has no users', () => {
    const { plan } = accepted(4, { strategy: 'experiment', steps: [weight(1)] });
    assert.equal(plan.sharesByPods, undefined);
  });
});

describe('engines/native/plan/split/shares: the stages', () => {
  const autoscaler = {
    metadata: { name: 'web' },
    spec: { maxReplicas: 9, scaleTargetRef: { kind: 'Deployment', name: 'web' } },
  };
  const stages = (wanted: Partial<PromotionSpec>, over: Partial<Given> = {}) =>
    stagesUp(accepted(4, { steps: [weight(20)], ...wanted }, over).plan);

  it('hold the autoscaler before the first user, because stable may have to carry all users again at any time', () => {
    for (const finish of ['shift', 'pace', 'roll'] as const) {
      const [first] = stages({ finish }, { autoscalers: [autoscaler] });
      assert.deepEqual([first?.kind, first?.weight], ['hold-autoscaler', 0]);
    }
  });

  it('call a full-sized canary what it is: half of the users', () =>
    assert.deepEqual(
      stages({ finish: 'shift' })
        .filter(({ kind }) => ['grow', 'shift', 'update-stable'].includes(kind))
        .map(({ weight }) => weight),
      [50, 100, 100],
    ));

  it('take the users back before stable is rolled while it serves them', () => {
    for (const finish of ['pace', 'roll'] as const) {
      const made = accepted(4, { steps: [weight(20)], finish });
      assert.equal(stagesUp(made.plan).find(({ kind }) => kind === 'update-stable')?.weight, 0);
      assert.match(made.lines.join('\n'), /, once the users are back on stable; /);
    }
  });
});
