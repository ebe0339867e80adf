import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { vector, withPrometheus } from '../../../e2e/fake-prometheus.ts';
import { rbacKeelRules } from '../../../e2e/rbac.ts';
import { podPattern } from '../../../src/analysis/source/queries.ts';
import type { Any } from '../../sim/api-server/store.ts';
import { addWorkload, IMAGE, type KeelWorld, startKeelWorld } from './outcome-helpers.ts';

let open: KeelWorld | undefined;

/** A Keel, a Deployment that it updates, and an account that may restore the previous image. */
async function world(
  annotations: Record<string, string> = {},
): Promise<{ at: KeelWorld; kubeconfig: string }> {
  open = await startKeelWorld({ 'keel.sh/policy': 'all', ...annotations });
  const rules = rbacKeelRules();
  return { at: open, kubeconfig: open.cluster.kubeconfig('with-checks', rules) };
}

const QUERY = { name: 'queue', query: 'max(queue{pod=~"{{ pods }}"})', max: 10, interval: '1s' };
const cause = ({ cluster }: KeelWorld): string | undefined =>
  cluster.store.get('deployments', 'shop', 'web')?.metadata.annotations?.['kubernetes.io/change-cause'];

describe('keel with checks', () => {
  afterEach(async () => {
    await open?.stop();
    open = undefined;
  });

  it('an update that keeps to its checks for a while is promoted, with their values', async () => {
    const { at, kubeconfig } = await world();
    await withPrometheus(
      () => vector('3'),
      async (prometheus, queries) => {
        const run = at.step({ kubeconfig, prometheus, checks: JSON.stringify([QUERY]), bake: '20s' });
        assert.equal(await run.done, 0, run.log());
        assert.match(run.log(), /holding +20s, judged while it serves all users/);
        assert.match(run.log(), /measured +deployment\/shop\/web: queue 3/);
        assert.equal(queries.at(-1), `max(queue{pod=~"${podPattern('web')}"})`);
        assert.equal(at.image(), `${IMAGE}:1.0.1`);
      },
    );
  });

  it('restores the previous image after a bad update, and waits for its rollout', async () => {
    const { at, kubeconfig } = await world();
    await withPrometheus(
      () => vector(at.image() === `${IMAGE}:1.0.1` ? '11' : '1'),
      async (prometheus) => {
        const run = at.step({ kubeconfig, prometheus, checks: JSON.stringify([QUERY]), bake: '60s' });
        assert.equal(await run.done, 1, run.log());
        assert.match(
          run.log(),
          /ABORTED +deployment\/shop\/web: Check queue failed once: 11, expected at most 10\.\n +1 of \d+ measurements? failed, and the check allows none\.\n +Production is as it was/,
        );
        assert.equal(at.image(), `${IMAGE}:1.0.0`);
        assert.equal(cause(at), `drone-promote: back from ${IMAGE}:1.0.1`);
        const { status }: Any = at.cluster.store.get('deployments', 'shop', 'web');
        assert.equal(status.updatedReplicas, 2);
      },
    );
  });

  it('finds containers that end after they were ready, without a source of numbers', async () => {
    const { at, kubeconfig } = await world();
    const run = at.step({ kubeconfig, tag: '1.0.1-die5', checks: 'restarts <= 0', bake: '60s' });
    assert.equal(await run.done, 1, run.log());
    assert.match(
      run.log(),
      /ABORTED +deployment\/shop\/web: Check restarts failed once: [12], expected at most 0/,
    );
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  it('restores every workload that was updated, and none that ran the image before', async () => {
    const { at, kubeconfig } = await world();
    addWorkload(at.cluster, 'deployments', 'api', { 'keel.sh/policy': 'all' });
    addWorkload(at.cluster, 'deployments', 'done', { 'keel.sh/policy': 'all' }, `${IMAGE}:1.0.1`);
    await withPrometheus(
      (query) => vector(query.includes('api') && at.image('api') === `${IMAGE}:1.0.1` ? '11' : '1'),
      async (prometheus) => {
        const run = at.step({ kubeconfig, prometheus, checks: JSON.stringify([QUERY]), bake: '60s' });
        assert.equal(await run.done, 1, run.log());
        assert.match(run.log(), /ABORTED +deployment\/shop\/api: Check queue failed/);
        assert.deepEqual(
          ['web', 'api', 'done'].map((name) => at.image(name)),
          ['1.0.0', '1.0.0', '1.0.1'].map((tag) => `${IMAGE}:${tag}`),
        );
      },
    );
  });

  it('leaves a workload alone that another writer has changed in the meantime', async () => {
    const { at, kubeconfig } = await world();
    let measured = '1';
    await withPrometheus(
      () => vector(measured),
      async (prometheus) => {
        const run = at.step({ kubeconfig, prometheus, checks: JSON.stringify([QUERY]), bake: '10m' });
        await at.until('it is watched', () => run.log().includes('holding'));
        const object: Any = structuredClone(at.cluster.store.get('deployments', 'shop', 'web'));
        object.spec.template.spec.containers[0].image = `${IMAGE}:9.9.9`;
        at.cluster.store.put('deployments', object);
        measured = '11';
        assert.equal(await run.done, 1, run.log());
        assert.match(run.log(), /no longer has \S+:1\.0\.1, so this step leaves it as it is/);
        assert.equal(at.image(), `${IMAGE}:9.9.9`);
      },
    );
  });

  it('cancelled while it watches: restores the previous image', async () => {
    const { at, kubeconfig } = await world();
    const run = at.step({ kubeconfig, checks: 'restarts <= 0', bake: '10m' });
    await at.until('it is watched', () => run.log().includes('holding'));
    run.terminate();
    assert.equal(await run.done, 1, run.log());
    assert.match(run.log(), /ABORTED +The step was cancelled before it had judged the update/);
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  it('sends nothing if it may not restore the previous image', async () => {
    const { at } = await world();
    const few = at.cluster.kubeconfig('reads', rbacKeelRules({ watches: false }));
    const run = at.step({ checks: 'restarts <= 0', kubeconfig: few });
    assert.equal(await run.done, 2, run.log());
    assert.match(run.log(), /the credentials may not update deployment\/shop\/web/);
    assert.equal(at.image(), `${IMAGE}:1.0.0`);
  });

  const faults: [settings: Record<string, unknown>, message: RegExp][] = [
    [{ checks: 'success-rate >= 99%' }, /success-rate, which with Keel needs `prometheus`/],
    [
      { checks: 'latency <= stable' },
      /compares latency with stable, but an update by Keel leaves no stable version/,
    ],
    [{ checks: JSON.stringify([QUERY]) }, /has a query, but `prometheus` is not set/],
    [{ checks: 'restarts <= 0', kubeconfig: undefined }, /`checks` with Keel needs `kubeconfig` or `server`/],
    [{ checks: 'restarts <= 0', wait: 'approved' }, /`wait: approved` does not wait for it/],
  ];
  for (const [settings, message] of faults) {
    it(`refuses ${JSON.stringify(settings)}`, async () => {
      const { at } = await world();
      const run = at.step(settings);
      assert.equal(await run.done, 2, run.log());
      assert.match(run.log(), message);
    });
  }
});
