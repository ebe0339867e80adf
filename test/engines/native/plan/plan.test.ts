import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  canaryReplicas,
  isSamePromotion,
  mostCanaryPods,
  type Plan,
  splitOf,
} from '../../../../src/engines/native/plan/plan.ts';
import { FROM, plan, TO } from '../fixtures.ts';

const BASELINE = { deployment: 'web-baseline', label: { key: 'role', value: 'baseline' }, services: [] };

describe('engines/native/plan/plan', () => {
  const replicas: [stable: number, weight: number, expected: number][] = [
    [4, 10, 1],
    [4, 25, 1],
    [4, 26, 2],
    [4, 50, 2],
    [4, 100, 4],
    [1, 1, 1],
    [1, 100, 1],
    [10, 0, 1],
    [3, 34, 2],
    [1000, 1, 10],
  ];
  for (const [stable, weight, expected] of replicas) {
    it(`${weight} % of ${stable} pods are ${expected}`, () =>
      assert.equal(canaryReplicas({}, stable, weight), expected));
  }

  it('gives the canary at least its share, one pod or more, and never more than stable has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 100 }), (stable, weight) => {
        const pods = canaryReplicas({}, stable, weight);
        assert.ok(pods >= 1 && pods <= stable && pods * 100 >= stable * weight);
        assert.ok(pods === 1 || (pods - 1) * 100 < stable * weight, 'one pod fewer would do');
      }),
    );
  });

  const most: [what: string, over: Partial<Plan>, expected: number][] = [
    ['shift: a full set', {}, 8],
    ['pace: the highest weight', { finish: 'pace' }, 4],
    ['roll: the highest weight', { finish: 'roll' }, 4],
    [
      'roll: holds do not count',
      { finish: 'roll', steps: [{ kind: 'hold' }, { kind: 'weight', weight: 20, holdMs: 0 }] },
      2,
    ],
    ['shift: the baseline stays at the highest weight', { baseline: BASELINE }, 12],
    ['roll: a baseline of the highest weight', { finish: 'roll', baseline: BASELINE }, 8],
    ['an experiment: two of the first weight', { strategy: 'experiment', baseline: BASELINE }, 2],
    ['no steps, shift', { steps: [] }, 0],
    ['no steps, roll', { steps: [], finish: 'roll' }, 0],
  ];
  for (const [what, over, expected] of most) {
    it(`at most ${expected} canary pods on top of 8, ${what}`, () =>
      assert.equal(mostCanaryPods(plan(over), 8), expected));
  }

  const same: [what: string, over: Partial<Plan>, expected: boolean][] = [
    ['nothing', {}, true],
    ['where it comes from, since stable may have been written already', { from: TO }, true],
    ['patience', { timeoutMs: 1, settleMs: 1, drainMs: 1 }, true],
    ['the release', { to: FROM }, false],
    ['the steps', { steps: [] }, false],
    ['how long a step is held', { steps: [{ kind: 'weight', weight: 10, holdMs: 1 }] }, false],
    ['the finish', { finish: 'roll' }, false],
    ['the Services', { services: [{ stable: 'web2', canary: 'web2-canary' }] }, false],
    ['the Ingresses', { routes: [] }, false],
    [
      'what the router reads besides',
      { routes: plan().routes.map((each) => ({ ...each, beside: ['A/b'] })) },
      true,
    ],
    ['the containers', { containers: ['app', 'worker'] }, false],
    ['the workload', { workload: 'web2' }, false],
    ['the baseline', { baseline: BASELINE }, false],
    ['the strategy', { strategy: 'experiment' }, false],
    ['the Jobs', { jobs: [] }, false],
  ];
  for (const [what, over, expected] of same) {
    it(`a plan that differs in ${what} is ${expected ? '' : 'not '}the same way`, () => {
      assert.equal(isSamePromotion(plan(), plan(over)), expected);
      assert.equal(isSamePromotion(plan(over), plan()), expected);
    });
  }

  it('is the same way by another finish, if the new plan leaves that free', () => {
    const free = plan({ finish: 'pace', finishIsFree: true });
    assert.ok(isSamePromotion(plan({ finish: 'shift' }), free));
    assert.ok(!isSamePromotion(free, plan({ finish: 'shift' })));
  });

  it('is the same way after it was kept in a record', () =>
    assert.ok(isSamePromotion(plan(), JSON.parse(JSON.stringify(plan())))));

  it('hands the router what is split, and no more', () =>
    assert.deepEqual(splitOf(plan()), {
      namespace: 'shop',
      workload: 'web',
      services: [{ stable: 'web', canary: 'web-canary' }],
      routes: [{ stable: 'web', canary: 'web-canary' }],
    }));
});
