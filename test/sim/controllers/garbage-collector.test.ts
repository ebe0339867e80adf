import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type JobLab, jobObject, startJobLab } from '../job-helpers.ts';

const JOBS = '/apis/batch/v1/namespaces/shop/jobs';
const WEB = '/apis/apps/v1/namespaces/shop/deployments/web';

/** A Job that runs for ever, owned by Deployment/web, or by one of that name that is gone. */
async function createOwned({ world }: JobLab, uid?: string): Promise<void> {
  const web = await world.api.get(WEB);
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: uid ?? web?.metadata.uid };
  const job = jobObject(world, { image: '192.0.2.10:5000/shop/web:1.0.0' });
  await world.api.create(JOBS, { ...job, metadata: { ...job.metadata, ownerReferences: [owner] } });
}

async function isRunning({ pods }: JobLab): Promise<boolean> {
  return (await pods())[0]?.status?.phase === 'Running';
}

describe('sim/garbage-collector', () => {
  for (const policy of ['', '?propagationPolicy=Background', '?propagationPolicy=Foreground']) {
    it(`a Deployment takes its Jobs and their pods along ${policy}`, async (t) => {
      const lab = await startJobLab(t);
      await createOwned(lab);
      await lab.world.until('it runs', () => isRunning(lab));
      await lab.world.api.delete(`${WEB}${policy}`);
      await lab.world.until('all of it is gone', async () => {
        const sets = await lab.world.api.list('/apis/apps/v1/namespaces/shop/replicasets');
        const pods = await lab.world.api.list('/api/v1/namespaces/shop/pods');
        const left = [...sets, ...pods, await lab.job(), await lab.world.api.get(WEB)];
        return left.every((each) => each === undefined);
      });
    });
  }

  it('in the foreground, the owner goes last', async (t) => {
    const lab = await startJobLab(t);
    await createOwned(lab);
    await lab.world.until('it runs', () => isRunning(lab));
    await lab.world.api.delete(`${WEB}?propagationPolicy=Foreground`);
    await lab.world.until('the Job is gone', async () => (await lab.job()) === undefined);
    assert.deepEqual(await lab.pods(), []);
    await lab.world.until('the Deployment is gone', async () => (await lab.world.api.get(WEB)) === undefined);
  });

  it('an owner is known by its uid: who names one that is gone goes', async (t) => {
    const lab = await startJobLab(t);
    await createOwned(lab, 'another-uid');
    await lab.world.until('it is gone', async () => (await lab.job()) === undefined);
    assert.ok(await lab.world.api.get(WEB));
  });

  it('a Job that is deleted without a word leaves its pods', async (t) => {
    const lab = await startJobLab(t);
    await createOwned(lab);
    await lab.world.until('it runs', () => isRunning(lab));
    await lab.world.api.delete(`${JOBS}/job`);
    await lab.world.sleep(10_000);
    assert.equal(await lab.job(), undefined);
    assert.equal((await lab.pods()).length, 1);
  });
});
