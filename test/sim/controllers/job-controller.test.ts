import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startJobLab } from '../job-helpers.ts';

const MINUTES = 60_000;

describe('sim/job-controller', () => {
  it('makes one pod from the template, which is known by its Job', async (t) => {
    const { world, create, pods, ended } = await startJobLab(t);
    const job = await create();
    await ended();
    const [pod, ...more] = await pods();
    assert.equal(more.length, 0);
    assert.match(pod?.metadata.name, /^job-.{5}$/);
    assert.equal(pod?.metadata.labels['batch.kubernetes.io/job-name'], 'job');
    const [owner] = pod?.metadata.ownerReferences ?? [];
    assert.deepEqual([owner.kind, owner.name, owner.uid], ['Job', 'job', job.metadata.uid]);
    assert.equal(pod?.metadata.namespace, world.namespace);
  });

  it('is active, ready, and Complete when its program ends with 0', async (t) => {
    const { world, create, job, ended } = await startJobLab(t);
    await create({ image: '192.0.2.10:5000/shop/web:1.0.0' });
    await world.until('it is ready', async () => (await job())?.status?.ready === 1);
    assert.equal((await job())?.status.active, 1);

    await create({ name: 'short' });
    const { type, reason } = await ended('short');
    assert.deepEqual([type, reason], ['Complete', 'CompletionsReached']);
    const { active, succeeded, failed, completionTime } = (await job('short'))?.status ?? {};
    assert.deepEqual([active, succeeded, failed], [0, 1, 0]);
    assert.ok(completionTime);
  });

  it('OnFailure: the container starts again in the same pod, later each time, until backoffLimit', async (t) => {
    const { world, create, job, pods, container, ended } = await startJobLab(t);
    await create({ workload: 'deployment/none', spec: { backoffLimit: 2 } });
    await world.until('it has ended once', async () => (await container())?.lastState !== undefined);
    const failedAt = world.now();
    assert.equal((await container())?.lastState.terminated.exitCode, 2);
    assert.equal((await container())?.state.waiting.reason, 'CrashLoopBackOff');
    const [first] = await pods();
    await world.until('it runs again', async () => (await container())?.restartCount === 1);
    assert.ok(Math.abs(world.now() - failedAt - 10_000) <= 200, `${world.now() - failedAt} ms`);
    assert.equal((await pods())[0]?.metadata.uid, first?.metadata.uid);

    const { type, reason, message } = await ended();
    assert.deepEqual(
      [type, reason, message],
      ['Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
    );
    assert.ok(Math.abs(world.now() - failedAt - 30_000) <= 400, `${world.now() - failedAt} ms`);
    await world.until('its pod is gone', async () => (await pods()).length === 0);
    assert.deepEqual([(await job())?.status.active, (await job())?.status.failed], [0, 1]);
  });

  it('Never: each failure is a pod of its own, which stays', async (t) => {
    const { create, pods, ended } = await startJobLab(t);
    await create({
      workload: 'deployment/none',
      spec: { backoffLimit: 2 },
      pod: { restartPolicy: 'Never' },
    });
    const { type, reason } = await ended();
    assert.deepEqual([type, reason], ['Failed', 'BackoffLimitExceeded']);
    const left = await pods();
    assert.deepEqual(
      left.map(({ status }) => [status.phase, status.containerStatuses[0].state.terminated.exitCode]),
      [
        ['Failed', 2],
        ['Failed', 2],
        ['Failed', 2],
      ],
    );
  });

  it('a pod that is taken away is replaced', async (t) => {
    const { world, create, pods } = await startJobLab(t);
    await create({ image: '192.0.2.10:5000/shop/web:1.0.0' });
    await world.until('it runs', async () => (await pods())[0]?.status?.phase === 'Running');
    const [first] = await pods();
    await world.api.delete(`/api/v1/namespaces/${world.namespace}/pods/${first?.metadata.name}`);
    await world.until('another one runs', async () => {
      const now = await pods();
      return now.length === 1 && now[0]?.metadata.uid !== first?.metadata.uid;
    });
  });

  it('activeDeadlineSeconds ends it', async (t) => {
    const { world, create, pods, ended } = await startJobLab(t);
    await create({ image: '192.0.2.10:5000/shop/web:1.0.0', spec: { activeDeadlineSeconds: 60 } });
    const start = world.now();
    const { type, reason } = await ended();
    assert.deepEqual([type, reason], ['Failed', 'DeadlineExceeded']);
    assert.ok(Math.abs(world.now() - start - 60_000) <= 200);
    await world.until('its pod is gone', async () => (await pods()).length === 0);
  });

  it('ttlSecondsAfterFinished deletes it, with its pods', async (t) => {
    const { world, create, job, pods, ended } = await startJobLab(t);
    await create({ spec: { ttlSecondsAfterFinished: 600 } });
    await ended();
    await world.sleep(9.9 * MINUTES);
    assert.ok(await job());
    assert.equal((await pods()).length, 1);
    await world.sleep(0.2 * MINUTES);
    assert.equal(await job(), undefined);
    assert.deepEqual(await pods(), []);
  });

  it('a quota keeps its pod away', async (t) => {
    const { world, create, job, pods, ended } = await startJobLab(t);
    const quotas = `/api/v1/namespaces/${world.namespace}/resourcequotas`;
    await world.api.create(quotas, { metadata: { name: 'few' }, spec: { hard: { pods: '1' } } });
    await create();
    await world.sleep(5000);
    assert.deepEqual(await pods(), []);
    assert.equal((await job())?.status.active, 0);
    await world.api.delete(`${quotas}/few`);
    assert.equal((await ended()).type, 'Complete');
  });
});
