import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Deployment, DeploymentCondition, DeploymentStatus } from 'kubernetes-types/apps/v1';
import { illness, isDown, rollingUpdateBounds, rolloutStatus } from '../../src/workload/rollout-status.ts';

interface Seen extends DeploymentStatus {
  generation?: number;
  wanted?: number | undefined;
}

function deployment({ generation = 2, wanted = 4, ...status }: Seen): Deployment {
  return {
    metadata: { name: 'web', generation },
    spec: { replicas: wanted, selector: {}, template: {} },
    status: { observedGeneration: generation, ...status },
  };
}

const condition = (over: Partial<DeploymentCondition>): DeploymentCondition => ({
  type: 'Progressing',
  status: 'False',
  ...over,
});
const late = [condition({ reason: 'ProgressDeadlineExceeded' })];
const full = { replicas: 4, updatedReplicas: 4, availableReplicas: 4 };

describe('workload/rollout-status', () => {
  const cases: [what: string, seen: Seen, state: string, message: RegExp][] = [
    ['done', full, 'done', /^4 of 4 pods are available$/],
    ['not seen', { ...full, observedGeneration: 1 }, 'waiting', /has not seen the change/],
    ['not seen, and late before it', { ...full, observedGeneration: 1, conditions: late }, 'waiting', /seen/],
    ['a generation ahead', { ...full, observedGeneration: 3 }, 'done', /4 of 4/],
    ['late', { ...full, updatedReplicas: 1, conditions: late }, 'failed', /exceeded its progress deadline/],
    ['late, though all runs', { ...full, conditions: late }, 'failed', /progress deadline/],
    [
      'progressing',
      { ...full, conditions: [condition({ reason: 'NewReplicaSetAvailable', status: 'True' })] },
      'done',
      /4 of 4/,
    ],
    [
      'that reason in another condition',
      { ...full, conditions: [condition({ type: 'Available', reason: 'ProgressDeadlineExceeded' })] },
      'done',
      /4 of 4/,
    ],
    ['few new', { ...full, updatedReplicas: 1 }, 'waiting', /^1 of 4 pods are new$/],
    [
      'few new, old left, none available',
      { replicas: 5, updatedReplicas: 3 },
      'waiting',
      /3 of 4 pods are new/,
    ],
    ['one old', { ...full, replicas: 5 }, 'waiting', /^1 old pod is still there$/],
    ['two old', { ...full, replicas: 6, availableReplicas: 1 }, 'waiting', /^2 old pods are still there$/],
    ['not available', { ...full, availableReplicas: 3 }, 'waiting', /^3 of 4 new pods are available$/],
    ['none available', { replicas: 4, updatedReplicas: 4 }, 'waiting', /^0 of 4 new pods/],
    ['scaled down', { wanted: 2, ...full }, 'done', /4 of 2/],
    ['scaled to none', { wanted: 0 }, 'done', /0 of 0/],
  ];
  for (const [what, seen, state, message] of cases) {
    it(`${what}: ${state}`, () => {
      const found = rolloutStatus(deployment(seen));
      assert.equal(found.state, state);
      assert.match(found.message, message);
    });
  }

  it('waits where there is no status yet, and takes one replica where none is said', () => {
    const spec = { selector: {}, template: {} };
    assert.equal(rolloutStatus({ metadata: { generation: 1 }, spec }).state, 'waiting');
    assert.match(rolloutStatus({ metadata: {}, spec }).message, /^0 of 1 pods are new$/);
  });

  it('is done only where nothing old is left and every wanted pod is new and available', () => {
    const count = fc.nat({ max: 3 });
    fc.assert(
      fc.property(count, count, count, count, fc.boolean(), (wanted, replicas, updated, available, seen) => {
        const status = { replicas, updatedReplicas: updated, availableReplicas: available };
        const observedGeneration = seen ? 2 : 1;
        const { state } = rolloutStatus(deployment({ wanted, ...status, observedGeneration }));
        const reached = seen && updated >= wanted && replicas <= updated && available >= updated;
        assert.equal(state, reached ? 'done' : 'waiting');
      }),
    );
  });
});

describe('workload/rollout-status: the bounds of a rolling update', () => {
  type Value = string | number | undefined;
  const bounds = (maxSurge: Value, maxUnavailable: Value, replicas: number | undefined) =>
    rollingUpdateBounds({
      spec: {
        ...(replicas === undefined ? {} : { replicas }),
        selector: {},
        template: {},
        strategy: {
          type: 'RollingUpdate',
          rollingUpdate: {
            ...(maxSurge === undefined ? {} : { maxSurge }),
            ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
          },
        },
      },
    });
  const cases: [
    surge: Value,
    unavailable: Value,
    replicas: number | undefined,
    expected: object | undefined,
  ][] = [
    // kubernetes, deployment_util_test.go, TestResolveFenceposts
    ['39%', '39%', 10, { surge: 4, unavailable: 3 }],
    ['oops', '39%', 10, undefined],
    ['55%', 'urg', 10, undefined],
    [undefined, '39%', 10, { surge: 0, unavailable: 3 }],
    ['39%', undefined, 10, { surge: 4, unavailable: 0 }],
    [undefined, undefined, 10, { surge: 0, unavailable: 1 }],
    // TestMaxUnavailable there; the first row of the test above has 0 replicas, too
    ['0%', '0%', 0, { surge: 0, unavailable: 0 }],
    [1, 5, 10, { surge: 1, unavailable: 5 }],
    [1, 10, 10, { surge: 1, unavailable: 10 }],
    [1, 10, 5, { surge: 1, unavailable: 5 }],
    [1, 10, 0, { surge: 1, unavailable: 0 }],
    [1, '50%', 10, { surge: 1, unavailable: 5 }],
    [1, '100%', 10, { surge: 1, unavailable: 10 }],
    [1, '100%', 5, { surge: 1, unavailable: 5 }],
    // apimachinery, intstr_test.go, TestGetIntFromIntOrPercent: 90 % of 95, up and down; no value
    ['90%', '90%', 95, { surge: 86, unavailable: 85 }],
    ['%', 1, 10, undefined],
    ['90#', 1, 10, undefined],
    ['#%', 1, 10, undefined],
    ['90', 1, 10, undefined],
    // one pod
    [0, '25%', 1, { surge: 0, unavailable: 1 }],
    [0, '25%', undefined, { surge: 0, unavailable: 1 }],
    ['25%', '25%', 1, { surge: 1, unavailable: 0 }],
    ['200%', 0, 1, { surge: 2, unavailable: 0 }],
    ['0%', '33%', 3, { surge: 0, unavailable: 1 }],
  ];
  for (const [surge, unavailable, replicas, expected] of cases) {
    it(`surge ${surge}, unavailable ${unavailable} of ${replicas}`, () =>
      assert.deepEqual(bounds(surge, unavailable, replicas), expected));
  }
});

describe('workload/rollout-status: whether a Deployment serves', () => {
  const cases: [what: string, seen: Seen, down: boolean, ill: RegExp | undefined][] = [
    ['all available', full, false, undefined],
    ['none available', { ...full, availableReplicas: 0 }, true, /^0 of 4 pods are available$/],
    ['none there at all', {}, true, /^0 of 4/],
    ['its newest form not seen', { observedGeneration: 1 }, false, undefined],
    ['no status', { observedGeneration: undefined as never }, false, undefined],
    ['scaled to none', { wanted: 0 }, false, undefined],
    ['fewer than a rolling update leaves', { ...full, availableReplicas: 2 }, false, /^2 of 4 pods/],
    ['as few as a rolling update leaves', { ...full, availableReplicas: 3 }, false, undefined],
    ['one of one', { wanted: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }, false, undefined],
    [
      'a rollout that failed, and old pods that serve',
      { replicas: 5, updatedReplicas: 1, availableReplicas: 4, conditions: late },
      false,
      /^its last rollout did not end: the Deployment exceeded its progress deadline$/,
    ],
    ['a rollout under way', { replicas: 5, updatedReplicas: 2, availableReplicas: 4 }, false, undefined],
  ];
  for (const [what, seen, down, ill] of cases) {
    it(`${what}: ${down ? 'down' : ill ? 'ill' : 'well'}`, () => {
      const found = deployment(seen);
      assert.equal(isDown(found), down);
      assert.match(illness(found) ?? 'well', ill ?? /^well$/);
    });
  }
});
