import assert from 'node:assert/strict';
import {
  assertNoFailures,
  deployApp,
  describeLoad,
  leftovers,
  paths,
  REPO,
  rolledOut,
  SETTINGS,
} from '../../app.ts';
import type { KubeObject, StepResult, World } from '../../world.ts';

/** The kinds of the workloads that follow, with where they are. */
const KINDS = {
  deployment: 'apps/v1',
  statefulset: 'apps/v1',
  daemonset: 'apps/v1',
  cronjob: 'batch/v1',
} as const;
type Kind = keyof typeof KINDS;
export type Names = readonly `${Kind}/${string}`[];

const TITLES = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
  cronjob: 'CronJob',
} as const;

/** Settings for `web` and the workloads that go with it. */
export const settingsFor = (others: Names) => ({
  ...SETTINGS,
  steps: ['50% 2s'],
  workload: ['deployment/web', ...others],
});

export function pathOf(world: World, name: Names[number]): string {
  const [kind = 'deployment', rest = ''] = name.split('/') as [Kind, string];
  return `/apis/${KINDS[kind]}/namespaces/${world.namespace}/${kind}s/${rest}`;
}

/** The app of all scenarios, and workloads of the same repository without users. */
export async function deployShop(
  world: World,
  others: Names,
  tag = '1.0.0',
  over: KubeObject = {},
): Promise<void> {
  for (const name of others) {
    const path = pathOf(world, name);
    await world.api.create(path.slice(0, path.lastIndexOf('/')), { ...objectOf(name, tag), ...over[name] });
  }
  await deployApp(world);
  await rolledOut(world, '1.0.0');
  for (const name of others.filter((each) => !each.startsWith('cronjob/')))
    await world.until(`${name} is ready`, async () => {
      const found = await world.api.get(pathOf(world, name));
      const { readyReplicas, numberReady, desiredNumberScheduled } = found?.status ?? {};
      return name.startsWith('daemonset/')
        ? numberReady > 0 && numberReady === desiredNumberScheduled
        : readyReplicas === found?.spec.replicas;
    });
}

function objectOf(full: Names[number], tag: string): KubeObject {
  const [kind = 'deployment', name = ''] = full.split('/') as [Kind, string];
  const template = {
    metadata: { labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name, image: `${REPO}:${tag}`, resources: { requests: { memory: '64Mi' } } }],
    },
  };
  const base = { apiVersion: KINDS[kind], kind: TITLES[kind], metadata: { name, labels: { app: name } } };
  if (kind === 'cronjob') {
    const job = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
    return { ...base, spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: job } } } };
  }
  const selector = { matchLabels: { app: name } };
  const own = {
    deployment: { replicas: 2 },
    statefulset: { replicas: 2, serviceName: name },
    daemonset: {},
  }[kind];
  return { ...base, spec: { ...own, selector, template } };
}

/** What a step does while users come, of whom none notices it. */
export async function stepUnderLoad(
  world: World,
  settings: Record<string, unknown>,
  build?: Record<string, string>,
): Promise<StepResult> {
  const load = await world.load();
  const step = await world.step(settings, build).done;
  await world.sleep(1000);
  const report = await load.stop();
  console.log(`# ${describeLoad(report)}`);
  assertNoFailures(report, step);
  return step;
}

/** The image that a workload's template has. */
export async function imageAt(world: World, name: Names[number]): Promise<string> {
  const { spec } = (await world.api.get(pathOf(world, name))) ?? {};
  const template = name.startsWith('cronjob/') ? spec.jobTemplate.spec.template : spec.template;
  return template.spec.containers[0].image;
}

/** All of them have that version, and their pods do. */
export async function assertAll(world: World, names: Names, tag: string): Promise<void> {
  for (const name of ['deployment/web', ...names] as const) {
    assert.equal(await imageAt(world, name), `${REPO}:${tag}`, name);
    if (name.startsWith('cronjob/')) continue;
    const pods = (await world.api.list(paths(world.namespace).pods)).filter(
      ({ metadata }) =>
        metadata.labels?.app === name.split('/')[1] && metadata.deletionTimestamp === undefined,
    );
    assert.ok(pods.length > 0, name);
    for (const pod of pods) {
      assert.equal(pod.spec.containers[0].image, `${REPO}:${tag}`, pod.metadata.name);
      const ready = pod.status.conditions?.find(({ type }: KubeObject) => type === 'Ready');
      assert.equal(ready?.status, 'True', pod.metadata.name);
    }
  }
  assert.deepEqual(await leftovers(world), []);
}
