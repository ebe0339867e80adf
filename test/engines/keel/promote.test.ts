import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { type KeelWorld, readyOf, worldsIn } from './outcome-helpers.ts';

const open: KeelWorld[] = [];

const world = worldsIn(open);

const GATED = { 'keel.sh/approvals': '2' };

describe('keel with an outcome', () => {
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
  });

  it('says that the workload runs the image, at most 1 s after it is ready', async () => {
    const { step, cluster, image } = await world();
    const run = step();
    let readyAt = 0;
    cluster.store.subscribe(() => {
      if (readyAt === 0 && image().endsWith(':1.0.1') && readyOf(cluster) === 2)
        readyAt = cluster.clock.now();
    });
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1: 2 of 2 pods are available\./);
    assert.ok(readyAt > 0 && cluster.clock.now() - readyAt <= 1000, `${cluster.clock.now() - readyAt} ms`);
  });

  it('waits for votes, shows them, and says who approved', async () => {
    const { step, vote, until, image } = await world(GATED);
    const run = step();
    await until('it waits', () => run.log().includes('0 of 2 votes'));
    await vote('ann');
    await until('it shows the vote', () => run.log().includes('1 of 2 votes (ann)'));
    assert.match(image(), /1\.0\.0/);
    await vote('bob');
    assert.equal(await run.done, 0, run.log());
    assert.match(run.log(), /PROMOTED +deployment\/shop\/web runs 1\.0\.1/);
  });

  it('says in the outcome which workload was promoted, from what to what', async () => {
    const { step } = await world();
    const run = step({ log_format: 'json' });
    assert.equal(await run.done, 0, run.log());
    const { outcome } = JSON.parse(run.log().trimEnd().split('\n').at(-1) ?? '');
    assert.deepEqual([outcome.workload, outcome.namespace], ['deployment/web', 'shop']);
    assert.match(outcome.from, /:1\.0\.0$/);
    assert.match(outcome.to, /:1\.0\.1$/);
    assert.ok(outcome.durationMs > 0, `${outcome.durationMs} ms`);
  });
});
