import { deploymentOf, ingressOf, serviceOf } from '../../../e2e/app.ts';
import { rbacKeelRules } from '../../../e2e/rbac.ts';
import { stepEnvironment } from '../../../e2e/step-environment.ts';
// loaded before anything runs, so that no virtual time passes while a step loads a module
import '../../../src/engines/keel/admin/client.ts';
import '../../../src/engines/keel/forecast/cluster-view.ts';
import '../../../src/engines/keel/promote.ts';
import '../../../src/engines/keel/admin/withdraw.ts';
import { withDefaults } from '../../sim/api-server/admit.ts';
import type { Any } from '../../sim/api-server/store.ts';
import { type SimCluster, startCluster } from '../../sim/cluster.ts';
import { type KeelOptions, type KeelServer, startKeel } from '../../sim/keel.ts';
import { type Program, startProgram } from '../../sim/nodes/program.ts';
import { virtualClock } from '../../sim/virtual-clock.ts';

export const ADMIN = { username: 'admin', password: 's3cret-word' };
export const IMAGE = '10.0.0.1:5000/web';

export interface KeelWorld {
  cluster: SimCluster;
  keel: KeelServer;
  /** A step; by default with Keel's credentials and the kubeconfig. */
  step(settings?: Record<string, unknown>, build?: Record<string, string>): Program;
  post(path: string, body: unknown): Promise<Response>;
  vote(voter: string, action?: string, identifier?: string): Promise<void>;
  image(name?: string): string;
  until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Keel with the built-in cluster, in virtual time, with a Deployment `web` of 1.0.0. */
export async function startKeelWorld(
  annotations: Record<string, string>,
  options: KeelOptions = {},
): Promise<KeelWorld> {
  const clock = virtualClock(Date.parse('2026-11-24T12:00:00Z'));
  const cluster = await startCluster(clock, 1, { sets: false });
  const keel = await startKeel({
    basicAuth: ADMIN,
    clock,
    kubeconfig: cluster.kubeconfig('keel'),
    ...options,
  });
  addWorkload(cluster, 'deployments', 'web', annotations);
  let steps = 0;
  const authorization = `Basic ${Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64')}`;
  const world: KeelWorld = {
    cluster,
    keel,
    step(settings = {}, build = {}) {
      const token = `step-${++steps}`;
      const base = {
        urls: keel.webhook,
        repo: IMAGE,
        tag: '1.0.1',
        ...ADMIN,
        kubeconfig: cluster.kubeconfig(token, rbacKeelRules()),
        namespace: 'shop',
        // no route leads to its workloads
        unwatched: 'allow',
      };
      const all = Object.entries({ ...base, ...settings }).filter(([, value]) => value !== undefined);
      return startProgram(cluster, token, stepEnvironment(Object.fromEntries(all), build));
    },
    post: (path, body) =>
      fetch(`${keel.url}${path}`, { method: 'POST', headers: { authorization }, body: JSON.stringify(body) }),
    async vote(voter, action = 'approve', identifier = 'deployment/shop/web:1.0.1') {
      await (await world.post('/v1/approvals', { identifier, action, voter })).text();
    },
    image: (name = 'web') =>
      cluster.store.get('deployments', 'shop', name)?.spec.template.spec.containers[0].image,
    async until(what, condition, timeoutMs = 60_000) {
      const end = clock.now() + timeoutMs;
      while (!(await condition())) {
        if (clock.now() >= end) throw new Error(`not within ${timeoutMs / 1000}s: ${what}`);
        await clock.sleep(50);
      }
    },
    async stop() {
      await keel.close();
      await cluster.stop();
    },
  };
  await world.until('web is ready', () => readyOf(cluster) === 2);
  return world;
}

/** A starter of worlds whose workload Keel updates; each is put into `open`, for the test's end. */
export function worldsIn(open: { stop(): Promise<void> }[]) {
  return async (annotations: Record<string, string> = {}, options: KeelOptions = {}): Promise<KeelWorld> => {
    const started = await startKeelWorld({ 'keel.sh/policy': 'all', ...annotations }, options);
    open.push(started);
    return started;
  };
}

export function readyOf(cluster: SimCluster, name = 'web'): number {
  const { metadata, status }: Any = cluster.store.get('deployments', 'shop', name) ?? {};
  if (
    (status?.observedGeneration ?? 0) < (metadata?.generation ?? 0) ||
    status?.replicas > status?.updatedReplicas
  )
    return 0;
  return Math.min(status?.updatedReplicas ?? 0, status?.availableReplicas ?? 0);
}

export function addWorkload(
  cluster: SimCluster,
  plural: string,
  name: string,
  annotations: Record<string, string>,
  image = `${IMAGE}:1.0.0`,
): void {
  const object: Any = deploymentOf('1.0.0', 2);
  const kind = {
    deployments: 'Deployment',
    statefulsets: 'StatefulSet',
    daemonsets: 'DaemonSet',
    cronjobs: 'CronJob',
  }[plural];
  object.metadata = { ...object.metadata, namespace: 'shop', name, annotations };
  object.kind = kind;
  const labels = { app: name };
  object.spec.selector = { matchLabels: labels };
  object.spec.template.metadata.labels = labels;
  object.spec.template.spec.containers[0].image = image;
  if (plural === 'cronjobs') {
    object.apiVersion = 'batch/v1';
    object.spec = { schedule: '0 0 * * *', jobTemplate: { spec: { template: object.spec.template } } };
  }
  cluster.store.add(plural, withDefaults(plural, object));
}

/** The host of the routes of `addRoute`. */
export const hostOf = (name: string) => `${name}.example.com`;

/** A Service and an Ingress that lead the users of a host to a workload. */
export function addRoute(cluster: SimCluster, name: string): void {
  for (const [plural, object] of [
    ['services', serviceOf(name, name)],
    ['ingresses', ingressOf(name, hostOf(name), [['/', name]])],
  ] as const) {
    const inShop = { ...object, metadata: { ...object.metadata, namespace: 'shop' } };
    cluster.store.add(plural, withDefaults(plural, inShop));
  }
}
