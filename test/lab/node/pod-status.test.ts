import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerState, Pod, PodCondition } from 'kubernetes-types/core/v1';
import { type ContainerRun, exited, newRun, nextStep } from '../../../e2e/lab/node/pods/container-run.ts';
import { portsOf } from '../../../e2e/lab/node/pods/pod-life.ts';
import { phaseOf, podStatus } from '../../../e2e/lab/node/pods/pod-status.ts';

const begin = Date.parse('2026-01-02T03:04:05Z');

/** The container after some steps of its life, one second each. */
function runAfter(tag: string, steps: number): ContainerRun {
  let run: ContainerRun = newRun({ name: 'app', image: `shop/web:${tag}` });
  for (let taken = 0; taken < steps; taken += 1) {
    run = nextStep(run, 'Always')?.take(begin + taken * 1000) ?? run;
  }
  return run;
}

function statusOf(tag: string, steps: number, conditions: PodCondition[] = []) {
  const run = runAfter(tag, steps);
  const pod: Pod = {
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u1' },
    spec: { containers: [{ name: run.name, image: run.image }] },
  };
  const addresses = { podIP: '10.244.1.1', hostIP: '10.0.0.1' };
  const state = { pod, ...addresses, startedAt: begin, runs: [run], conditions };
  const status = podStatus(state, begin + steps * 1000);
  const [container] = status.containerStatuses ?? [];
  return { status, container, state: container?.state as ContainerState, is: truths(status.conditions) };
}

function truths(conditions: PodCondition[] = []): string {
  return conditions
    .filter((one) => one.status === 'True')
    .map((one) => one.type)
    .join(' ');
}

describe('the status of a pod', () => {
  it('begins without an address, waiting for its container', () => {
    const { status, container, state, is } = statusOf('1.0.0', 0);
    assert.equal(status.phase, 'Pending');
    assert.equal(status.podIP, undefined);
    assert.deepEqual(state, { waiting: { reason: 'ContainerCreating' } });
    assert.deepEqual([container?.ready, container?.started, container?.restartCount], [false, false, 0]);
    assert.equal(is, 'Initialized PodScheduled');
  });

  it('runs, then is ready', () => {
    const running = statusOf('1.0.0', 1);
    assert.equal(running.status.phase, 'Running');
    assert.deepEqual(running.status.podIPs, [{ ip: '10.244.1.1' }]);
    assert.deepEqual(running.state, { running: { startedAt: '2026-01-02T03:04:05Z' } });
    assert.deepEqual([running.container?.ready, running.container?.started], [false, true]);
    const unready = running.status.conditions?.find((one) => one.type === 'Ready');
    assert.equal(unready?.message, 'containers with unready status: [app]');
    const ready = statusOf('1.0.0', 2);
    assert.equal(ready.container?.ready, true);
    assert.equal(ready.is, 'PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled');
    assert.match(ready.container?.imageID ?? '', /^shop\/web@sha256:[0-9a-f]{64}$/);
  });

  it('keeps the time of a condition that has not changed', () => {
    const first = statusOf('1.0.0', 1);
    const second = statusOf('1.0.0', 2, first.status.conditions);
    const timeOf = (type: string) =>
      second.status.conditions?.find((one) => one.type === type)?.lastTransitionTime;
    assert.equal(timeOf('Initialized'), '2026-01-02T03:04:06Z');
    assert.equal(timeOf('Ready'), '2026-01-02T03:04:07Z');
  });

  it('tells of an image that cannot be pulled', () => {
    const text =
      'rpc error: code = NotFound desc = failed to pull and unpack image "shop/web:1-nopull": not found';
    const failed = statusOf('1-nopull', 1);
    assert.equal(failed.status.phase, 'Pending');
    assert.deepEqual(failed.state, { waiting: { reason: 'ErrImagePull', message: text } });
    assert.equal(failed.container?.imageID, '');
    const message = `Back-off pulling image "shop/web:1-nopull": ErrImagePull: ${text}`;
    assert.deepEqual(statusOf('1-nopull', 2).state, { waiting: { reason: 'ImagePullBackOff', message } });
  });

  it('tells of a crash, of its first restart and of the back-off', () => {
    const ended = statusOf('1-crash', 2);
    assert.equal(ended.state.terminated?.exitCode, 1);
    assert.equal(ended.state.terminated?.reason, 'Error');
    const again = statusOf('1-crash', 3);
    assert.equal(again.container?.restartCount, 1);
    assert.equal(again.container?.lastState?.terminated?.exitCode, 1);
    const { status, container, state } = statusOf('1-crash', 5);
    assert.equal(status.phase, 'Running');
    const message = 'back-off 10s restarting failed container=app pod=web-1_shop(u1)';
    assert.deepEqual(state, { waiting: { reason: 'CrashLoopBackOff', message } });
    assert.equal(container?.restartCount, 1);
    assert.match(JSON.stringify(statusOf('1-crash', 14).state), /back-off 1m20s restarting/);
  });

  it('tells of a lack of memory in the last state', () => {
    const { container, state } = statusOf('1-oom', 5);
    assert.equal(state.waiting?.reason, 'CrashLoopBackOff');
    assert.equal(container?.lastState?.terminated?.reason, 'OOMKilled');
    assert.equal(container?.lastState?.terminated?.exitCode, 137);
  });

  it('tells of a missing ConfigMap', () => {
    const { status, state } = statusOf('1-badconfig', 1);
    const waiting = { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' };
    assert.deepEqual(state, { waiting });
    assert.equal(status.phase, 'Pending');
  });

  it('has failed when all ended for good', () => {
    assert.equal(phaseOf([runAfter('1-crash', 2)], 'Never'), 'Failed');
    assert.equal(phaseOf([runAfter('1-crash', 2), runAfter('1', 2)], 'Never'), 'Running');
  });
});

describe('the status of a pod of a process', () => {
  const addresses = { podIP: '10.244.1.1', hostIP: '10.0.0.1' };
  const created = newRun({ name: 'guard', image: 'x/drone-promote:1' });
  const running = nextStep(created, 'OnFailure')?.take(begin) ?? created;
  const pod: Pod = {
    metadata: { name: 'guard-1', namespace: 'shop', uid: 'u1' },
    spec: { restartPolicy: 'OnFailure', containers: [{ name: 'guard', image: created.image }] },
  };
  const statusAfter = (run: ContainerRun, ending = false) =>
    podStatus({ pod, ...addresses, startedAt: begin, runs: [run], conditions: [], ending }, begin + 9000);

  it('is Succeeded after exit code 0', () => {
    const { phase, containerStatuses, conditions } = statusAfter(exited(running, begin + 5000, 0));
    assert.equal(phase, 'Succeeded');
    assert.deepEqual(containerStatuses?.[0]?.state, {
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        startedAt: '2026-01-02T03:04:05Z',
        finishedAt: '2026-01-02T03:04:10Z',
      },
    });
    const ready = conditions?.find(({ type }) => type === 'Ready');
    assert.deepEqual([ready?.status, ready?.reason], ['False', 'PodCompleted']);
  });

  it('is Running between two tries, and counts them', () => {
    const failed = exited(running, begin + 5000, 3);
    assert.equal(statusAfter(failed).phase, 'Running');
    assert.equal(statusAfter(failed).containerStatuses?.[0]?.state?.terminated?.exitCode, 3);
    const again = statusAfter(nextStep(failed, 'OnFailure')?.take(begin + 5200) ?? failed);
    assert.deepEqual([again.phase, again.containerStatuses?.[0]?.restartCount], ['Running', 1]);
    assert.equal(again.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 3);
  });

  it('is what it was ended with when it is deleted', () => {
    assert.equal(statusAfter(exited(running, begin, 143), true).phase, 'Failed');
    assert.equal(statusAfter(exited(running, begin, 0), true).phase, 'Succeeded');
    assert.equal(phaseOf([exited(running, begin, 0)], 'Always'), 'Running');
  });
});

describe('what a pod listens on', () => {
  const app = { name: 'app', ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] };

  it('is what its containers name, or 8080', () => {
    assert.deepEqual(portsOf({ spec: { containers: [app, { name: 'side' }] } }), [[80], []]);
    assert.deepEqual(portsOf({ spec: { containers: [{ name: 'a' }, { name: 'b' }] } }), [[8080], []]);
  });
});
