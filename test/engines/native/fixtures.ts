import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Pod, Service } from 'kubernetes-types/core/v1';
import type { Ingress, IngressClass } from 'kubernetes-types/networking/v1';
import type { AnalysisSettings } from '../../../src/analysis/settings.ts';
import type { ObjectSource } from '../../../src/cluster/object-source.ts';
import { fixedSource } from '../../../src/cluster/object-source.ts';
import { ingressClasses, ingresses, services } from '../../../src/cluster/resource.ts';
import type { Snapshot } from '../../../src/engines/native/observe/snapshot.ts';
import type { Inventory } from '../../../src/engines/native/plan/inventory.ts';
import type { Plan } from '../../../src/engines/native/plan/plan.ts';
import type { PromotionRecord } from '../../../src/engines/native/plan/record.ts';
import type { PromotionSpec } from '../../../src/engines/native/plan/spec.ts';
import { CANARY, CANARY_WEIGHT } from '../../../src/traffic/nginx/annotations.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../src/workload/canary-copy.ts';

/** Objects of a small shop: a Deployment, a Service and an Ingress, all named `web`, with four pods. */
export const REPO = 'registry.example.com:5000/shop/web';
export const FROM = `${REPO}:1.0.0`;
export const TO = `${REPO}:1.1.0`;

export function plan(over: Partial<Plan> = {}): Plan {
  return {
    action: 'promote',
    namespace: 'shop',
    workload: 'web',
    canary: 'web-canary',
    containers: ['app'],
    from: FROM,
    to: TO,
    label: { key: 'app', stable: 'web', canary: 'web-canary' },
    services: [{ stable: 'web', canary: 'web-canary' }],
    routes: [{ stable: 'web', canary: 'web-canary' }],
    steps: [
      { kind: 'weight', weight: 10, holdMs: 60_000 },
      { kind: 'weight', weight: 50, holdMs: 60_000 },
    ],
    finish: 'shift',
    settleMs: 4000,
    drainMs: 4000,
    timeoutMs: 300_000,
    ...over,
  };
}

export function record(over: Partial<PromotionRecord> = {}): PromotionRecord {
  return {
    version: 1,
    id: 'one',
    plan: plan(),
    by: 'build 77',
    startedAt: 0,
    direction: 'up',
    stage: 0,
    since: 0,
    ...over,
  };
}

/** A Deployment that its controller has rolled out. */
export function deployment(
  name: string,
  image: string,
  replicas: number,
  over: Partial<Deployment['spec']> = {},
): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      resourceVersion: '1',
      generation: 1,
      labels: { app: name },
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      template: {
        metadata: { labels: { app: name, tier: 'front' } },
        spec: { containers: [{ name: 'app', image }] },
      },
      ...over,
    },
    status: {
      observedGeneration: 1,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    },
  };
}

export function service(name: string, selector: Record<string, string>): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1' },
    spec: {
      selector,
      clusterIP: '10.96.0.1',
      ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }],
    },
  };
}

export function ingress(name: string, host: string, routes: Record<string, string>): Ingress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '1' },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host,
          http: {
            paths: Object.entries(routes).map(([path, to]) => ({
              path,
              pathType: 'Prefix',
              backend: { service: { name: to, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  };
}

/** An Ingress that drone-promote made. */
export function canaryIngress(name: string, weight: number): Ingress {
  return {
    ...ingress(name, 'shop.example.com', { '/': 'web-canary' }),
    metadata: {
      name,
      uid: name,
      resourceVersion: '1',
      labels: { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: 'web' },
      annotations: { [CANARY]: 'true', [CANARY_WEIGHT]: String(weight) },
    },
  };
}

/** The objects of ingress-nginx, as a snapshot has them. */
export function routesOf(...of: readonly Ingress[]): ObjectSource {
  return fixedSource([[ingresses, of]]);
}

/** A canary's or stable pod with a container in a waiting state. */
export function waitingPod(name: string, reason: string, message: string): Pod {
  return {
    metadata: { name },
    status: {
      containerStatuses: [
        {
          name: 'app',
          image: TO,
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason, message } },
        },
      ],
    },
  };
}

/** What is seen before anything was done: stable alone. */
export function observed(over: Partial<Snapshot> = {}): Snapshot {
  return {
    stable: deployment('web', FROM, 4),
    canary: undefined,
    services: [],
    stableServices: [service('web', { app: 'web' })],
    baseline: undefined,
    baselinePods: [],
    baselineServices: [],
    routes: routesOf(ingress('web', 'shop.example.com', { '/': 'web' })),
    canaryPods: [],
    renewedPods: [],
    ready: { 'web-canary': 0 },
    stableReady: { web: 4 },
    autoscaler: undefined,
    scaledObject: undefined,
    followers: [],
    policies: [],
    jobs: [],
    hooks: [],
    assessment: undefined,
    recentCanary: undefined,
    request: undefined,
    ...over,
  };
}

/** What is seen when the canary runs with so many pods and so much weight. */
export function withCanary(replicas: number, weight: number, over: Partial<Snapshot> = {}): Snapshot {
  return observed({
    canary: deployment('web-canary', TO, replicas),
    services: [service('web-canary', { app: 'web-canary' })],
    routes: routesOf(ingress('web', 'shop.example.com', { '/': 'web' }), canaryIngress('web-canary', weight)),
    ready: { 'web-canary': replicas },
    ...over,
  });
}

export function spec(over: Partial<PromotionSpec> = {}): PromotionSpec {
  const { steps, finish, settleMs, drainMs, timeoutMs } = plan();
  return {
    action: 'promote',
    namespace: 'shop',
    kind: 'Deployment',
    workload: 'web',
    followers: [],
    order: 'after',
    image: TO,
    container: undefined,
    services: [],
    strategy: 'canary',
    baseline: false,
    queries: false,
    jobs: [],
    before: [],
    after: [],
    steps,
    finish,
    settleMs,
    drainMs,
    timeoutMs,
    requireEvidence: false,
    steer: undefined,
    metricsPort: 8080,
    traffic: 'auto',
    firstContact: undefined,
    mirror: undefined,
    preview: undefined,
    unwatched: 'refuse',
    ...over,
  };
}

/** The analysis as the settings' defaults have it. */
export const ANALYSIS: AnalysisSettings = {
  falseAlarm: 0.01,
  detectable: 0.1,
  intervalMs: 1000,
  controllerNamespace: 'ingress-nginx',
  accessLogFormat: undefined,
  podMetrics: { port: undefined, counter: undefined, label: undefined, failures: undefined },
  checks: [],
  thresholds: { passThreshold: 95, marginalThreshold: 75 },
  prometheus: undefined,
  prometheusRouter: 'nginx',
};

export interface Given extends Omit<Inventory, 'routes'> {
  ingresses: readonly Ingress[];
  /** undefined if they may not be read. */
  classes: readonly IngressClass[] | undefined;
}

/** An inventory of these objects; without others, of the small shop. */
export function inventory(over: Partial<Given> = {}): Inventory {
  const { ingresses: given, classes, ...rest } = { ...SHOP, ...over };
  const source = fixedSource([
    [ingresses, given],
    [ingressClasses, classes ?? []],
    [services, rest.services],
  ]);
  return {
    ...rest,
    routes: { ...source, isReadable: ({ plural }) => plural !== 'ingressclasses' || classes !== undefined },
  };
}

const SHOP: Given = {
  deployments: [deployment('web', FROM, 4)],
  services: [service('web', { app: 'web' })],
  ingresses: [ingress('web', 'shop.example.com', { '/': 'web' })],
  classes: [
    { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } },
    { metadata: { name: 'other' }, spec: { controller: 'example.com/other' } },
  ],
  others: [],
  followers: [],
  autoscalers: [],
  scaledObjects: [],
  quotas: [],
  nodeRoom: undefined,
  takesOut: true,
  networkPolicies: [],
  foreignPolicies: [],
  budgets: [],
  monitors: { ofServices: [], ofPods: [] },
  claims: [],
  unread: [],
};
