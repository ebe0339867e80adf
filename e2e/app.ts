import assert from 'node:assert/strict';
import type { KubeObject, LoadReport, StepResult, World } from './world.ts';

/** The app of the scenarios: a Deployment, a Service and an Ingress named `web`, as in the user's cluster. */
export const REPO = '192.0.2.10:5000/shop/web';

export interface App {
  tag?: string;
  replicas?: number;
  /** Merged over the Deployment, the Service and the Ingress. */
  deployment?: KubeObject;
  service?: KubeObject;
  ingress?: KubeObject;
  /** No user will come: its pods are waited for, the router's queue is not. */
  unused?: true;
  /** Its pods never serve: nothing is waited for. */
  ill?: true;
}

export const paths = (namespace: string) => ({
  deployments: `/apis/apps/v1/namespaces/${namespace}/deployments`,
  services: `/api/v1/namespaces/${namespace}/services`,
  statefulSets: `/apis/apps/v1/namespaces/${namespace}/statefulsets`,
  daemonSets: `/apis/apps/v1/namespaces/${namespace}/daemonsets`,
  revisions: `/apis/apps/v1/namespaces/${namespace}/controllerrevisions`,
  ingresses: `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`,
  pods: `/api/v1/namespaces/${namespace}/pods`,
  leases: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`,
  autoscalers: `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
  policies: `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
  budgets: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
  jobs: `/apis/batch/v1/namespaces/${namespace}/jobs`,
  quotas: `/api/v1/namespaces/${namespace}/resourcequotas`,
  claims: `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
});

/** Creates the app, and waits until users are served, or for less if the app says so. */
export async function deployApp(
  world: World,
  { tag = '1.0.0', replicas = 4, unused, ill, ...over }: App = {},
): Promise<void> {
  const at = paths(world.namespace);
  await world.api.create(at.deployments, merged(deploymentOf(tag, replicas), over.deployment));
  await world.api.create(at.services, merged(serviceOf('web', 'web'), over.service));
  await world.api.create(at.ingresses, merged(ingressOf('web', world.host, [['/', 'web']]), over.ingress));
  if (replicas === 0 || ill) return;
  await (unused ? available(world, tag) : rolledOut(world, tag));
}

/** Waits until users get the version, and a little longer, so that the router's queue is quiet. */
export async function rolledOut(world: World, tag: string): Promise<void> {
  await available(world, tag);
  await world.sleep(8000);
}

async function available(world: World, tag: string): Promise<void> {
  await world.until(`Deployment/web runs ${tag}`, async () => {
    const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
    return (
      web?.status?.availableReplicas === web?.spec.replicas &&
      web?.status?.updatedReplicas === web?.spec.replicas
    );
  });
}

export function deploymentOf(tag: string, replicas: number): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web', tier: 'front', 'app.kubernetes.io/part-of': 'shop' } },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'app',
              image: `${REPO}:${tag}`,
              ports: [{ containerPort: 8080, name: 'http' }],
              resources: { requests: { memory: '64Mi' } },
            },
          ],
        },
      },
    },
  };
}

export function serviceOf(name: string, app: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

export function ingressOf(name: string, host: string, routes: [string, string][]): KubeObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host,
          http: {
            paths: routes.map(([path, service]) => ({
              path,
              pathType: 'Prefix',
              backend: { service: { name: service, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  };
}

/** An autoscaler of the app. */
export const AUTOSCALER = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 2,
    maxReplicas: 9,
  },
};

/** The settings of the scenarios: short holds, for what is tested is not patience. */
export const SETTINGS = {
  repo: REPO,
  workload: 'deployment/web',
  steps: ['10% 2s', '50% 2s'],
  // longer than a busy machine needs, so that only a scenario that is about it ends by it
  timeout: '2m',
  // the address of REPO is nobody's; what a registry has to say is told in scenarios of its own
  verify: 'false',
} as const;

/** Production is as it was: version 1.0.0, and nothing else. */
export async function asItWas(world: World): Promise<void> {
  assert.equal(await imageOf(world), `${REPO}:1.0.0`);
  assert.deepEqual(await leftovers(world), []);
}

/** The names of everything in the namespace that a promotion could leave behind. */
export async function leftovers(world: World): Promise<string[]> {
  const at = paths(world.namespace);
  const kinds = [at.deployments, at.services, at.ingresses, at.policies, at.budgets];
  const objects = (await Promise.all(kinds.map((kind) => world.api.list(kind)))).flat();
  return objects
    .map((each) => each.metadata.name as string)
    .filter((name) => /canary|baseline|preview/.test(name));
}

export async function imageOf(world: World): Promise<string> {
  const web = await world.api.get(`${paths(world.namespace).deployments}/web`);
  return web?.spec.template.spec.containers[0].image;
}

/** What users met, in a line for the report of the run. */
export function describeLoad(report: LoadReport): string {
  const versions = Object.entries(report.versions).map(([version, count]) => `${count} × ${version}`);
  return `${report.sent} requests (${versions.join(', ')}), ${report.failures.length} failed`;
}

/**
 * Throws where users met a failure that a version did not make by itself; says of each when it was, and what the step had said last by
 * then.
 */
export function assertNoFailures(
  report: LoadReport,
  step: StepResult,
  bad: (version: string) => boolean = () => false,
): void {
  const caused = report.failures.filter(({ version }) => version === undefined || !bad(version));
  if (caused.length === 0) return;
  const shown = caused.slice(0, 10).map(({ at, status, error }) => {
    const time = new Date(at).toISOString().slice(11, 19);
    const said = step.log
      .split('\n')
      .filter((line) => line.slice(0, 8) <= time && /^\d\d:/.test(line))
      .at(-1);
    return `  ${new Date(at).toISOString().slice(11, 23)} ${status} ${error ?? ''} (the step: ${said ?? 'had not begun'})`;
  });
  throw new Error(`${describeLoad(report)}:\n${shown.join('\n')}\n${step.log}`);
}

function merged(base: KubeObject, over: KubeObject | undefined): KubeObject {
  if (over === undefined) return base;
  const result: KubeObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    result[key] = isMap && typeof base[key] === 'object' ? merged(base[key], value) : value;
  }
  return result;
}
