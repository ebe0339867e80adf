import assert from 'node:assert/strict';
import { deploymentOf, paths, REPO, serviceOf } from '../app.ts';
import type { KubeObject, World } from '../world.ts';

/** The kinds of workload that a rolling update replaces the pods of. */
export type Rolled = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** The settings of the stories: their pods count requests, and users come by the Service. */
export function settingsOf(kind: Rolled): Record<string, unknown> {
  return {
    repo: REPO,
    workload: `${kind.toLowerCase()}/web`,
    ...(kind === 'Deployment' ? { strategy: 'rolling' } : {}),
    steps: ['25% 2s', '50% 2s'],
    timeout: '2m',
    metrics_port: 8080,
    verify: 'false',
  };
}

/** Where the workloads of a kind are. */
export function placeOf(kind: Rolled, { namespace }: World): string {
  const at = paths(namespace);
  return { Deployment: at.deployments, StatefulSet: at.statefulSets, DaemonSet: at.daemonSets }[kind];
}

/** Creates `web` as a workload of the kind, with a Service, and waits until all of its pods are ready. */
export async function deployRolled(
  world: World,
  kind: Rolled,
  { tag = '1.0.0', replicas = 4, spec = {} }: { tag?: string; replicas?: number; spec?: KubeObject } = {},
): Promise<void> {
  const { replicas: _, ...rest } = deploymentOf(tag, replicas).spec;
  const own = {
    Deployment: { replicas },
    StatefulSet: { replicas, serviceName: 'web' },
    DaemonSet: {},
  }[kind];
  await world.api.create(paths(world.namespace).services, serviceOf('web', 'web'));
  // the lab has one node
  if (kind === 'DaemonSet' && world.kind === 'sim') await moreNodes(world, replicas - 1);
  await world.api.create(placeOf(kind, world), {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { ...rest, ...own, ...spec },
  });
  await world.until(`all pods of ${kind}/web are ready`, async () => {
    const pods = await podsOf(world);
    const { status } = (await workloadOf(world, kind)) ?? {};
    const wanted = status?.desiredNumberScheduled ?? replicas;
    return wanted > 0 && pods.filter(isReady).length === wanted;
  });
  // the endpoints, and the first requests
  await world.sleep(1000);
}

export async function workloadOf(world: World, kind: Rolled): Promise<KubeObject | undefined> {
  return world.api.get(`${placeOf(kind, world)}/web`);
}

/** The pods of `web` that nobody has deleted. */
export async function podsOf(world: World): Promise<KubeObject[]> {
  const pods = await world.api.list(`${paths(world.namespace).pods}?labelSelector=app%3Dweb`);
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

function isReady({ metadata, status }: KubeObject): boolean {
  const isUp = (status?.conditions ?? []).some(
    (each: KubeObject) => each.type === 'Ready' && each.status === 'True',
  );
  return isUp && metadata.deletionTimestamp === undefined;
}

/** The tags of the images that the pods run, by the names of these. */
export async function imagesByPod(world: World): Promise<Record<string, string>> {
  const pods = await podsOf(world);
  return Object.fromEntries(
    pods.map(({ metadata, spec }) => [metadata.name, spec.containers[0].image.split(':').at(-1)]),
  );
}

/** What a promotion could leave behind, or change and not put back. */
export interface Before {
  spec: KubeObject;
  annotations: KubeObject;
  /** The uids of the pods, and of what keeps the templates. */
  pods: string[];
  revisions: string[];
}

/** How the workload is, to be compared with later. */
export async function asItIs(world: World, kind: Rolled): Promise<Before> {
  const { spec, metadata } = (await workloadOf(world, kind)) ?? {};
  // what Kubernetes counts itself
  const {
    'deployment.kubernetes.io/revision': _,
    'deprecated.daemonset.template.generation': __,
    ...annotations
  } = metadata?.annotations ?? {};
  const kept = kind === 'Deployment' ? 'replicasets' : 'controllerrevisions';
  const revisions = await world.api.list(`/apis/apps/v1/namespaces/${world.namespace}/${kept}`);
  const uids = (objects: KubeObject[]) => objects.map((each) => each.metadata.uid as string).sort();
  return { spec, annotations, pods: uids(await podsOf(world)), revisions: uids(revisions) };
}

/**
 * The workload is what it was: its spec, its annotations, the revision of its pods. The release may have left a revision of its own,
 * which Kubernetes keeps for `rollout undo`.
 */
export async function assertAsItWas(world: World, kind: Rolled, before: Before): Promise<void> {
  const { spec, annotations, revisions } = await asItIs(world, kind);
  assert.deepEqual(spec, before.spec);
  assert.deepEqual(annotations, before.annotations);
  for (const uid of before.revisions) assert.ok(revisions.includes(uid), 'the old revision is still there');
  assert.ok(revisions.length <= before.revisions.length + 1, 'the way back made no revision');
  const pods = await podsOf(world);
  assert.ok(pods.every(isReady));
  assert.deepEqual([...new Set(Object.values(await imagesByPod(world)))], ['1.0.0']);
}

async function moreNodes(world: World, count: number): Promise<void> {
  for (let number = 1; number <= count; number++) {
    await world.api.create('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: `sim-node-${number}`, labels: { 'kubernetes.io/arch': 'amd64' } },
    });
  }
}
