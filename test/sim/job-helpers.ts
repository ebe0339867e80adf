import type { TestContext } from 'node:test';
import { deployApp, paths } from '../../e2e/app.ts';
import { rbacRules } from '../../e2e/rbac.ts';
import type { KubeObject } from '../../e2e/world.ts';
import { type SimWorld, startSimWorld } from './world.ts';

/** A Job, as somebody would write it; `status` of a workload is what its program is asked for. */
export interface JobOf {
  name?: string;
  image?: string;
  workload?: string;
  account?: string;
  env?: Record<string, string>;
  /** Over the Job's spec, and over its pod's. */
  spec?: KubeObject;
  pod?: KubeObject;
}

/** What a story about Jobs looks at. */
export interface JobLab {
  world: SimWorld;
  create(job?: JobOf): Promise<KubeObject>;
  job(name?: string): Promise<KubeObject | undefined>;
  pods(name?: string): Promise<KubeObject[]>;
  /** The status of the one container of the Job's one pod. */
  container(name?: string): Promise<KubeObject | undefined>;
  /** Waits for Complete or Failed, and returns that condition. */
  ended(name?: string): Promise<KubeObject>;
}

/** A world with the app of the scenarios in it; it ends with the test. */
export async function startJobLab(t: TestContext): Promise<JobLab> {
  const world = await startSimWorld(rbacRules());
  t.after(() => world.stop());
  await deployApp(world, { replicas: 1 });
  const at = `/apis/batch/v1/namespaces/${world.namespace}/jobs`;
  const job = (name = 'job') => world.api.get(`${at}/${name}`);
  const pods = (name = 'job') =>
    world.api.list(`${paths(world.namespace).pods}?labelSelector=job-name%3D${name}`);
  return {
    world,
    create: (of = {}) => world.api.create(at, jobObject(world, of)),
    job,
    pods,
    container: async (name) => (await pods(name))[0]?.status?.containerStatuses?.[0],
    async ended(name = 'job') {
      let condition: KubeObject | undefined;
      await world.until(
        `Job/${name} has ended`,
        async () => {
          condition = (await job(name))?.status?.conditions?.[0];
          return condition !== undefined;
        },
        3_600_000,
      );
      return condition ?? {};
    },
  };
}

export function jobObject(
  world: SimWorld,
  {
    name = 'job',
    image = world.guardImage,
    workload = 'deployment/web',
    account = 'drone-promote',
    env,
    spec,
    pod,
  }: JobOf,
): KubeObject {
  const settings = {
    PLUGIN_ACTION: 'status',
    PLUGIN_NAMESPACE: world.namespace,
    PLUGIN_WORKLOAD: workload,
    ...env,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name },
    spec: {
      ...spec,
      template: {
        spec: {
          serviceAccountName: account,
          restartPolicy: 'OnFailure',
          containers: [
            {
              name: 'step',
              image,
              env: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
            },
          ],
          ...pod,
        },
      },
    },
  };
}
