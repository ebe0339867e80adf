import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  illStable,
  isBack,
  isObserved,
  isStable,
  type Wanted,
} from '../../../../src/engines/argo/rollout/observed.ts';
import type { Snapshot } from '../../../../src/engines/argo/rollout/snapshot.ts';
import { ABORTED, BLUE_GREEN, NEW, OLD, rolloutOf, seenOf, setWith, UPDATING } from '../fixtures.ts';

const wanted: Wanted = { images: { app: NEW }, generation: 3, workloadGeneration: undefined };
const workloadRef = { workloadRef: { kind: 'Deployment', name: 'web' } };
const withRef = (workloadObservedGeneration: string) =>
  seenOf(rolloutOf({ spec: workloadRef, status: { workloadObservedGeneration } }));
const refWanted: Wanted = { ...wanted, workloadGeneration: 10 };

const OBSERVED: [what: string, seen: Snapshot, wanted: Wanted, observed: boolean][] = [
  ['all of it', seenOf(rolloutOf()), wanted, true],
  ['the template just changed', seenOf(rolloutOf({ generation: 4 })), { ...wanted, generation: 4 }, false],
  ['the watch is behind the write', seenOf(rolloutOf()), { ...wanted, generation: 4 }, false],
  ['somebody changed it again', seenOf(rolloutOf({ generation: 4 })), wanted, false],
  ['no status at all', seenOf({ metadata: { generation: 1 } }), { ...wanted, generation: 1 }, false],
  ['the workload just changed, and the phase is Healthy', withRef('9'), refWanted, false],
  ['the workload is seen', withRef('10'), refWanted, true],
  ['the controller has scaled the workload down', withRef('11'), refWanted, true],
  ['the workload was never seen', seenOf(rolloutOf({ spec: workloadRef })), refWanted, false],
  [
    'its ReplicaSet is not there yet',
    seenOf(rolloutOf(), { replicaSets: [setWith('old', OLD)] }),
    wanted,
    false,
  ],
  [
    'template and replicas changed together, and it still speaks of the old one',
    seenOf(rolloutOf({ status: { currentPodHash: 'old', stableRS: 'old' } })),
    wanted,
    false,
  ],
  ['the Rollout is gone', { ...seenOf(rolloutOf()), rollout: undefined }, wanted, false],
];

describe('the controller has seen the template', () => {
  for (const [what, seen, wish, observed] of OBSERVED) {
    it(`${observed ? 'yes' : 'no'}: ${what}`, () => assert.equal(isObserved(seen, wish), observed));
  }
});

describe('the new ReplicaSet is the stable one', () => {
  it('when the hashes are the same, and there is one', () => {
    assert.ok(isStable(rolloutOf()));
    assert.ok(!isStable(rolloutOf({ status: { stableRS: 'old' } })));
    assert.ok(!isStable(rolloutOf({ status: { stableRS: '', currentPodHash: '' } })));
  });
  it('and the active Service is on it', () => {
    assert.ok(!isStable(rolloutOf({ spec: BLUE_GREEN, status: { blueGreen: { activeSelector: 'old' } } })));
    assert.ok(isStable(rolloutOf({ spec: BLUE_GREEN, status: { blueGreen: { activeSelector: 'new' } } })));
  });
});

describe('production is back', () => {
  const back = (status: object, over: Partial<Snapshot> = {}, spec = {}) =>
    isBack(seenOf(rolloutOf({ spec, status: { ...ABORTED, ...status } }), over));
  const weight = (value: number) => ({ canary: { weights: { canary: { weight: value } } } });
  it('when the weight is 0 and all stable pods are available', () => {
    assert.ok(back(weight(0)));
    assert.ok(!back(weight(20)));
    assert.ok(!back(weight(0), { replicaSets: [setWith('old', OLD, 3), setWith('new', NEW)] }));
  });
  it('not before the controller has taken the abort', () => {
    assert.ok(!back({ ...weight(0), abortedAt: null }));
    assert.ok(!back({ ...weight(0), abort: false }));
  });
  it('without a router, when no new pod is left', () => {
    const basic = { strategy: { canary: {} } };
    assert.ok(!back({}, {}, basic));
    assert.ok(back({}, { replicaSets: [setWith('old', OLD), setWith('new', NEW, 0)] }, basic));
  });
  it('blue-green, when the active Service is on stable', () => {
    assert.ok(!back({ blueGreen: { activeSelector: 'new' } }, {}, BLUE_GREEN));
    assert.ok(back({ blueGreen: { activeSelector: 'old' } }, {}, BLUE_GREEN));
  });
  it('is not said of what runs', () => assert.ok(!isBack(seenOf(rolloutOf({ status: UPDATING })))));
});

describe('engines/argo/rollout: illStable', () => {
  const ill = (available: number, status: object = {}, spec: object = {}) =>
    illStable(
      seenOf(rolloutOf({ spec, status }), {
        replicaSets: [setWith('old', OLD, available), setWith('new', NEW, available)],
      }),
    );
  const cases: [what: string, found: number | undefined, expected: number | undefined][] = [
    ['all pods', ill(4), undefined],
    ['as many as a rolling update leaves', ill(3), undefined],
    ['fewer', ill(2), 2],
    ['none', ill(0), 0],
    ['none of one', ill(0, {}, { replicas: 1 }), 0],
    ['a release is under way', ill(0, UPDATING), undefined],
    ['a release was aborted', ill(1, ABORTED), 1],
    ['no pods are wanted', ill(0, {}, { replicas: 0 }), undefined],
  ];
  for (const [what, found, expected] of cases) it(what, () => assert.equal(found, expected));
});
