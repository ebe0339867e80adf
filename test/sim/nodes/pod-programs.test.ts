import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../../e2e/app.ts';
import { createCluster } from '../../../src/cluster/client.ts';
import { connect } from '../../../src/cluster/connect.ts';
import { type JobLab, startJobLab } from '../job-helpers.ts';

/** What the API server has of a pod's log. */
async function logOf({ world, pods }: JobLab, previous = false): Promise<string> {
  const connection = await connect({ kubeconfig: world.cluster.kubeconfig('reader') });
  const client = createCluster(connection, world.namespace, world.cluster.clock);
  const [pod] = await pods();
  return client.logs(pod?.metadata.name, 'step', { lines: 100, previous });
}

/** A program that goes on for long: a promotion that holds its canary for ten minutes. */
const LONG = {
  PLUGIN_ACTION: 'promote',
  PLUGIN_REPO: SETTINGS.repo,
  PLUGIN_VERIFY: 'false',
  PLUGIN_TAG: '1.1.0',
  PLUGIN_STEPS: '50% 10m',
  PLUGIN_EVENT: 'promote',
  PLUGIN_TARGET: 'production',
};

async function holdsCanary({ world }: JobLab): Promise<boolean> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${world.namespace}/ingresses/web-canary`;
  const canary = await world.api.get(path);
  return canary?.metadata.annotations['nginx.ingress.kubernetes.io/canary-weight'] === '50';
}

describe('sim/pod-programs', () => {
  it('a pod of this image runs this program, with its environment; its log is to be had', async (t) => {
    const lab = await startJobLab(t);
    await lab.create();
    await lab.ended();
    assert.match(await logOf(lab), /Deployment\/web/);
    const [pod] = await lab.pods();
    assert.equal(pod?.status.phase, 'Succeeded');
    const { exitCode, reason } = pod?.status.containerStatuses[0].state.terminated ?? {};
    assert.deepEqual([exitCode, reason], [0, 'Completed']);
  });

  it('the namespace is that of the pod, where nothing else is said', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({ env: { PLUGIN_NAMESPACE: '' } });
    assert.equal((await lab.ended()).type, 'Complete');
    assert.match(await logOf(lab), /Deployment\/web/);
  });

  it('it has the rights of its service account, and none where deploy/rbac.yaml has no such account', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({ account: 'default', pod: { restartPolicy: 'Never' }, spec: { backoffLimit: 0 } });
    assert.equal((await lab.ended()).type, 'Failed');
    assert.match(await logOf(lab), /REFUSED/);
    assert.match(await logOf(lab), /deployments|leases/);
  });

  it('a run before a restart has a log of its own', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({ workload: 'deployment/none' });
    await lab.world.until('it has ended once', async () => (await lab.container())?.lastState !== undefined);
    const first = await logOf(lab);
    await lab.world.until('it runs again', async () => (await lab.container())?.restartCount === 1);
    assert.equal(await logOf(lab, true), first);
  });

  it('deleting the pod tells it to end, and it brings its promotion down', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({ env: LONG, pod: { restartPolicy: 'Never' }, spec: { backoffLimit: 0 } });
    await lab.world.until('the canary has its weight', () => holdsCanary(lab));
    const [pod] = await lab.pods();
    await lab.world.api.delete(`/api/v1/namespaces/shop/pods/${pod?.metadata.name}`);
    await lab.world.until('the pod is gone', async () =>
      (await lab.pods()).every(({ metadata }) => metadata.uid !== pod?.metadata.uid),
    );
    assert.equal(await holdsCanary(lab), false);
  });

  it('what does not end within its grace period is killed, and writes nothing more', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({
      env: LONG,
      pod: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0 },
      spec: { backoffLimit: 0 },
    });
    await lab.world.until('the canary has its weight', () => holdsCanary(lab));
    await lab.world.api.delete('/apis/batch/v1/namespaces/shop/jobs/job?propagationPolicy=Foreground');
    await lab.world.until('the Job is gone', async () => (await lab.job()) === undefined);
    const lease = () =>
      lab.world.api.get('/apis/coordination.k8s.io/v1/namespaces/shop/leases/drone-promote-web');
    const before = (await lease())?.metadata.resourceVersion;
    await lab.world.sleep(60_000);
    assert.equal((await lease())?.metadata.resourceVersion, before);
  });

  it('a tag that says so keeps it from starting, as with any other image', async (t) => {
    const lab = await startJobLab(t);
    await lab.create({ image: '192.0.2.10:5000/drone-promote:nopull' });
    await lab.world.until(
      'the pull has failed',
      async () => (await lab.container())?.state.waiting?.reason === 'ImagePullBackOff',
    );
    await lab.world.sleep(600_000);
    assert.equal((await lab.job())?.status.active, 1);
  });
});
