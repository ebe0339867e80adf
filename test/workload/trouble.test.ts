import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment } from 'kubernetes-types/apps/v1';
import type { ContainerState, ContainerStatus, Pod, PodStatus } from 'kubernetes-types/core/v1';
import { isLackOfRoom, replicaFailure, troublesOf } from '../../src/workload/trouble.ts';

function container(over: Partial<ContainerStatus> = {}): ContainerStatus {
  return { name: 'app', image: 'web:1', imageID: '', ready: false, restartCount: 0, ...over };
}

const pod = (status: PodStatus, name = 'web-1'): Pod => ({ metadata: { name }, status });
const withContainer = (over: Partial<ContainerStatus>) => pod({ containerStatuses: [container(over)] });
const waiting = (reason: string, message?: string): ContainerState => ({
  waiting: { reason, ...(message === undefined ? {} : { message }) },
});
const terminated = (reason: string, exitCode: number): ContainerState => ({
  terminated: { reason, exitCode },
});

describe('workload/trouble', () => {
  const reasons: [reason: string, weight: 'fatal' | 'wait'][] = [
    ['ImagePullBackOff', 'fatal'],
    ['ErrImagePull', 'wait'],
    ['ErrImageNeverPull', 'fatal'],
    ['InvalidImageName', 'fatal'],
    ['ImageInspectError', 'fatal'],
    ['RegistryUnavailable', 'wait'],
    ['CreateContainerConfigError', 'fatal'],
    ['CreateContainerError', 'fatal'],
    ['RunContainerError', 'fatal'],
  ];
  for (const [reason, weight] of reasons) {
    it(`${reason}: ${weight}, in the kubelet's words`, () => {
      const message = 'as the kubelet says it';
      assert.deepEqual(troublesOf([withContainer({ state: waiting(reason, message) })]), [
        { pod: 'web-1', container: 'app', reason, message, previousLog: false, weight },
      ]);
    });
  }

  it('says the reason where the kubelet has no words', () => {
    assert.equal(troublesOf([withContainer({ state: waiting('ErrImagePull') })])[0]?.message, 'ErrImagePull');
  });

  it('tells of a crash how it ended and how often, and that the run before has a log', () => {
    const [trouble] = troublesOf([
      withContainer({
        state: waiting('CrashLoopBackOff', 'back-off 40s restarting failed container'),
        lastState: terminated('Error', 137),
        restartCount: 3,
      }),
    ]);
    assert.match(trouble?.message ?? '', /^exit code 137, 3 restarts$/);
    assert.equal(trouble?.previousLog, true);
    assert.equal(trouble?.weight, 'fatal');
  });

  it('falls back to the kubelet where a crash has left no last state', () => {
    const [trouble] = troublesOf([withContainer({ state: waiting('CrashLoopBackOff', 'back-off 10s') })]);
    assert.equal(trouble?.message, 'back-off 10s');
  });

  const fine: [what: string, pod: Pod][] = [
    ['running', withContainer({ ready: true, state: { running: {} } })],
    ['starting', withContainer({ state: waiting('ContainerCreating') })],
    ['initializing', withContainer({ state: waiting('PodInitializing') })],
    ['a reason nobody knows', withContainer({ state: waiting('SomethingNew', 'x') })],
    ['a reason that every object has', withContainer({ state: waiting('constructor', 'x') })],
    ['not ready, without a reason', withContainer({ state: { running: {} } })],
    ['waiting, without a reason', withContainer({ state: { waiting: {} } })],
    ['ended once, not for memory', withContainer({ lastState: terminated('Error', 1) })],
    ['no status', { metadata: { name: 'web-1' } }],
    ['scheduled', pod({ conditions: [{ type: 'PodScheduled', status: 'True' }] })],
    ['gated', pod({ conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] })],
    ['ended well', pod({ phase: 'Succeeded' })],
    [
      'an init container that has done its work',
      pod({ initContainerStatuses: [container({ ready: true, state: terminated('Completed', 0) })] }),
    ],
  ];
  for (const [what, each] of fine) {
    it(`is no trouble: ${what}`, () => assert.deepEqual(troublesOf([each]), []));
  }

  describe('memory', () => {
    it('says OOMKilled, not the crash loop that follows', () => {
      const [trouble, ...more] = troublesOf([
        withContainer({ state: waiting('CrashLoopBackOff'), lastState: terminated('OOMKilled', 137) }),
      ]);
      assert.deepEqual(more, []);
      assert.equal(trouble?.reason, 'OOMKilled');
      assert.equal(trouble?.weight, 'fatal');
      assert.equal(trouble?.previousLog, true);
      assert.match(trouble?.message ?? '', /more memory than its limit.*exit code 137/);
    });

    it('sees it at once, before the restart', () => {
      assert.equal(
        troublesOf([withContainer({ state: terminated('OOMKilled', 137) })])[0]?.reason,
        'OOMKilled',
      );
    });

    it('looks at the newest end: one that ended otherwise before is killed now', () => {
      const state = terminated('OOMKilled', 137);
      assert.equal(
        troublesOf([withContainer({ state, lastState: terminated('Error', 1) })])[0]?.reason,
        'OOMKilled',
      );
    });

    it('forgives one that is ready again', () => {
      const status = { ready: true, state: { running: {} }, lastState: terminated('OOMKilled', 137) };
      assert.deepEqual(troublesOf([withContainer(status)]), []);
    });
  });

  it('looks into init containers, which come first', () => {
    const troubles = troublesOf([
      pod({
        initContainerStatuses: [container({ name: 'migrate', state: waiting('ImagePullBackOff', 'a') })],
        containerStatuses: [container({ state: waiting('CreateContainerError', 'b') })],
      }),
    ]);
    assert.deepEqual(
      troubles.map((each) => each.container),
      ['migrate', 'app'],
    );
  });

  it('does not look at pods that are going away', () => {
    const gone = withContainer({ state: waiting('ImagePullBackOff') });
    const metadata = { ...gone.metadata, deletionTimestamp: '2026-11-24T12:00:00Z' };
    assert.deepEqual(troublesOf([{ ...gone, metadata }]), []);
  });

  it('puts what is fatal first, and keeps the order otherwise', () => {
    const named = (name: string, reason: string) =>
      pod({ containerStatuses: [container({ state: waiting(reason) })] }, name);
    const troubles = troublesOf([
      named('a', 'ErrImagePull'),
      named('b', 'ImagePullBackOff'),
      named('c', 'RegistryUnavailable'),
      named('d', 'InvalidImageName'),
    ]);
    assert.equal(troubles.map((each) => each.pod).join(''), 'bdac');
  });

  it('waits for a node, and knows that as a lack of room', () => {
    const message = '0/3 nodes are available: 3 Insufficient cpu.';
    const unscheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
    const [trouble] = troublesOf([pod({ conditions: [unscheduled] })]);
    assert.deepEqual(trouble, {
      pod: 'web-1',
      reason: 'Unschedulable',
      message,
      previousLog: false,
      weight: 'wait',
    });
    assert.ok(trouble && isLackOfRoom(trouble));
  });

  it('waits for another pod where one failed as a whole', () => {
    const message = 'The node was low on resource: memory.';
    const [evicted] = troublesOf([pod({ phase: 'Failed', reason: 'Evicted', message })]);
    assert.equal(evicted?.reason, 'Evicted');
    assert.equal(evicted?.message, message);
    assert.equal(evicted?.weight, 'wait');
    assert.equal(troublesOf([pod({ phase: 'Failed' })])[0]?.reason, 'Failed');
  });
});

describe('workload/trouble replicaFailure', () => {
  const failing = (reason: string, message: string, status = 'True'): Deployment => ({
    metadata: { name: 'web-canary' },
    status: {
      conditions: [
        { type: 'Progressing', status: 'True' },
        { type: 'ReplicaFailure', status, reason, message },
      ],
    },
  });
  const quota = 'pods "web-canary-x" is forbidden: exceeded quota: few, requested: pods=1, used: pods=4';
  const policy = 'admission webhook "validate.policy" denied the request: images must be signed';

  const cases: [what: string, message: string, room: boolean][] = [
    ['a quota', quota, true],
    ['an admission rule', policy, false],
  ];
  for (const [what, message, room] of cases) {
    it(`names ${what} that keeps pods from being made`, () => {
      const trouble = replicaFailure(failing('FailedCreate', message));
      assert.deepEqual(trouble, {
        pod: 'web-canary',
        reason: 'FailedCreate',
        message,
        previousLog: false,
        weight: 'fatal',
      });
      assert.equal(isLackOfRoom(trouble), room);
    });
  }

  it('is silent where it is over, or where there is no status', () => {
    assert.equal(replicaFailure(failing('FailedCreate', quota, 'False')), undefined);
    assert.equal(replicaFailure({ metadata: { name: 'web' } }), undefined);
  });

  it('does not take a crash for a lack of room', () => {
    const [crash] = troublesOf([withContainer({ state: waiting('CrashLoopBackOff', 'x') })]);
    assert.equal(crash && isLackOfRoom(crash), false);
  });
});
