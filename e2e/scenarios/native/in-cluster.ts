import assert from 'node:assert/strict';
import { deployApp, paths } from '../../app.ts';
import type { Scenario } from '../../scenario.ts';
import type { KubeObject, World } from '../../world.ts';

export const scenarios: Scenario[] = [
  {
    name: 'in a pod it finds the cluster by itself, and a Job of it is completed, or tried again',
    only: 'lab',
    async run(world) {
      await deployApp(world, { replicas: 1 });
      const jobs = `/apis/batch/v1/namespaces/${world.namespace}/jobs`;
      await world.api.create(jobs, jobOf(world, 'good', 'deployment/web', { backoffLimit: 0 }));
      await world.api.create(jobs, jobOf(world, 'bad', 'deployment/none', { backoffLimit: 2 }));

      await world.until('the good Job is Complete', () => is(world, `${jobs}/good`, 'Complete'));
      assert.match(await logOf(world, 'good'), /Deployment\/web/);

      await world.until('the bad Job has Failed', () => is(world, `${jobs}/bad`, 'Failed'));
      const bad = await world.api.get(`${jobs}/bad`);
      assert.equal(bad?.status.conditions.at(-1).reason, 'BackoffLimitExceeded');

      await world.api.delete(`${jobs}/good?propagationPolicy=Background`);
      await world.until('its pod is gone', async () => (await podsOf(world, 'good')).length === 0);
    },
  },
];

function jobOf(world: World, name: string, workload: string, spec: object): KubeObject {
  const settings = { PLUGIN_ACTION: 'status', PLUGIN_NAMESPACE: world.namespace, PLUGIN_WORKLOAD: workload };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      ...spec,
      template: {
        spec: {
          serviceAccountName: 'drone-promote',
          restartPolicy: 'OnFailure',
          containers: [
            {
              name: 'step',
              image: world.guardImage,
              env: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
              resources: { requests: { memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
}

async function is(world: World, path: string, type: string): Promise<boolean> {
  const job = await world.api.get(path);
  return (job?.status?.conditions ?? []).some(
    (each: KubeObject) => each.type === type && each.status === 'True',
  );
}

function podsOf(world: World, job: string): Promise<KubeObject[]> {
  return world.api.list(`${paths(world.namespace).pods}?labelSelector=job-name%3D${job}`);
}

/** What the pod of a Job has printed. */
async function logOf(world: World, job: string): Promise<string> {
  const [pod] = await podsOf(world, job);
  return String(await world.api.get(`${paths(world.namespace).pods}/${pod?.metadata.name}/log`));
}
