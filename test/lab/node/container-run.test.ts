import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  backOffMs,
  type ContainerRun,
  exited,
  newRun,
  nextStep,
  starts,
} from '../../../e2e/lab/node/pods/container-run.ts';

/** The stages with the milliseconds at which they begin, until nothing more happens or `steps` were taken. */
function lifeOf(tag: string, { restartPolicy = 'Always', steps = 8 } = {}): [string, number][] {
  let run: ContainerRun = newRun({ name: 'app', image: `shop/web:${tag}` });
  let now = 0;
  const life: [string, number][] = [[run.stage, now]];
  for (let taken = 0; taken < steps; taken += 1) {
    const step = nextStep(run, restartPolicy);
    if (!step) break;
    now += step.afterMs;
    run = step.take(now);
    life.push([run.stage, now]);
  }
  return life;
}

function stagesOf(tag: string, options?: { restartPolicy?: string; steps?: number }): string {
  return lifeOf(tag, options)
    .map(([stage]) => stage)
    .join(' ');
}

describe('the life of a container', () => {
  it('is ready as long after its binding as its tag says', () => {
    assert.deepEqual(lifeOf('1.0.0').at(-1), ['ready', 300]);
    assert.deepEqual(lifeOf('1.0.0-ready2000').at(-1), ['ready', 2000]);
    assert.deepEqual(lifeOf('1.0.0-ready0').at(-1), ['ready', 0]);
  });

  it('ends where its tag says', () => {
    assert.equal(stagesOf('1-unready'), 'creating running');
    assert.equal(stagesOf('1-nopull'), 'creating pull-failed pull-back-off');
    assert.equal(stagesOf('1-badconfig'), 'creating config-error');
    assert.equal(stagesOf('1-err50-slow20'), 'creating running ready');
  });

  it('restarts a crashing program at once the first time, then after a back-off', () => {
    const twice = 'creating running ended running ended crash-back-off running ended crash-back-off';
    assert.equal(stagesOf('1-crash'), twice);
    assert.equal(stagesOf('1-oom'), twice);
  });

  it('counts restarts, and waits longer for each up to five minutes', () => {
    const run = newRun({ name: 'app', image: 'a:1-crash' });
    const waits = [1, 2, 3, 5, 6, 20].map((restarts) => backOffMs({ ...run, restarts }) / 1000);
    assert.deepEqual(waits, [10, 20, 40, 160, 300, 300]);
    const again = nextStep({ ...run, stage: 'crash-back-off', restarts: 1 }, 'Always')?.take(5);
    assert.equal(again?.restarts, 2);
  });

  it('is not restarted where the pod says never', () => {
    assert.equal(stagesOf('1-crash', { restartPolicy: 'Never' }), 'creating running ended');
  });

  it('starts a server where it begins to run, unless it ends at once', () => {
    const run = newRun({ name: 'app', image: 'a:1' });
    const crash = newRun({ name: 'app', image: 'a:1-crash' });
    assert.equal(starts(run), undefined);
    assert.equal(starts({ ...run, stage: 'running' }), 'app');
    assert.equal(starts({ ...run, stage: 'ready' }), undefined);
    assert.equal(starts({ ...crash, stage: 'running' }), undefined);
  });
});

describe('the life of a container of this project', () => {
  const image = '192.0.2.10:5000/drone-promote:lab';
  const created = newRun({ name: 'guard', image });
  const running = nextStep(created, 'OnFailure')?.take(1000) ?? created;

  it('is a process, by the repository of its image', () => {
    const digest = `@sha256:${'0'.repeat(64)}`;
    for (const is of [
      image,
      'ghcr.io/x/drone-promote',
      `x/drone-promote:1${digest}`,
      `x/drone-promote${digest}`,
    ])
      assert.equal(newRun({ name: 'a', image: is }).program, true, is);
    for (const other of ['shop/web:1', 'x/drone-promote/web:1', 'x/my-drone-promote:1'])
      assert.equal(newRun({ name: 'a', image: other }).program, false, other);
  });

  it('is ready as soon as it runs, and then waits for the process', () => {
    assert.deepEqual([running.stage, running.startedAt], ['ready', 1000]);
    assert.deepEqual([starts(created), starts(running)], [undefined, 'process']);
    assert.equal(nextStep(running, 'OnFailure'), undefined);
    assert.deepEqual(exited(running, 5000, 0).last, {
      startedAt: 1000,
      finishedAt: 5000,
      exitCode: 0,
      reason: 'Completed',
    });
  });

  it('is over after a success, but for a pod that always runs', () => {
    const done = exited(running, 5000, 0);
    assert.equal(nextStep(done, 'OnFailure'), undefined);
    assert.equal(nextStep(done, 'Never'), undefined);
    assert.equal(nextStep(done, 'Always')?.take(6000).stage, 'ready');
  });

  it('runs again after a failure, at once and then after a back-off', () => {
    const again = nextStep(exited(running, 5000, 3), 'OnFailure')?.take(5200);
    assert.deepEqual([again?.stage, again?.restarts, again && starts(again)], ['ready', 1, 'process']);
    const waiting = again && nextStep(exited(again, 6000, 3), 'OnFailure')?.take(6200);
    assert.equal(waiting?.stage, 'crash-back-off');
    assert.equal(waiting && nextStep(waiting, 'OnFailure')?.afterMs, 10_000);
    assert.equal(nextStep(exited(running, 5000, 3), 'Never'), undefined);
  });

  it('never starts where its image cannot be pulled', () => {
    const unknown = newRun({ name: 'guard', image: `${image}-nopull` });
    const failed = nextStep(unknown, 'OnFailure')?.take(0);
    assert.equal(failed?.stage, 'pull-failed');
    assert.equal(failed && starts(failed), undefined);
  });
});
