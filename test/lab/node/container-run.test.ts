import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  backOffMs,
  type ContainerRun,
  listens,
  newRun,
  nextStep,
} from '../../../e2e/lab/node/container-run.ts';

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

  it('listens only while its program runs', () => {
    const run = newRun({ name: 'app', image: 'a:1' });
    const crash = newRun({ name: 'app', image: 'a:1-crash' });
    assert.equal(listens(run), false);
    assert.equal(listens({ ...run, stage: 'running' }), true);
    assert.equal(listens({ ...run, stage: 'ready' }), true);
    assert.equal(listens({ ...crash, stage: 'running' }), false);
  });
});
