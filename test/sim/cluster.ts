import type { Capacity } from '../../e2e/lab/node/capacity.ts';
import { type Rule, rbacRules, rollingRules, rolloutRules } from '../../e2e/rbac.ts';
import type { Routers } from '../../src/traffic/index.ts';
import { seededRandom } from '../random.ts';
import { type Admission, createAdmission } from './api-server/admission.ts';
import { EVERYTHING } from './api-server/authorize.ts';
import { createFaults, type Faults } from './api-server/faults.ts';
import { type ApiServer, startServer } from './api-server/server.ts';
import { createStore, type Store } from './api-server/store.ts';
import { startDaemonSetController } from './controllers/daemon-set-controller.ts';
import { startDeploymentController } from './controllers/deployment-controller.ts';
import { startEndpoints } from './controllers/endpoints.ts';
import { startGarbageCollector } from './controllers/garbage-collector.ts';
import { startJobController } from './controllers/job-controller.ts';
import { startQuotaController } from './controllers/quota-controller.ts';
import { startRolloutController } from './controllers/rollout-controller.ts';
import { startStatefulSetController } from './controllers/stateful-set-controller.ts';
import { CAPACITY, NODE, startNode } from './nodes/node.ts';
import type { StartProgram } from './nodes/pod-programs.ts';
import { startProgram } from './nodes/program.ts';
import { type Router, startRouter } from './router/router.ts';
import type { VirtualClock } from './virtual-clock.ts';

/**
 * The built-in cluster: an API server on loopback, controllers, a node and an ingress router. A pod of this program's image runs it, with
 * the rights that `drone-promote rbac` gives to its service account.
 */
export interface SimCluster {
  clock: VirtualClock;
  store: Store;
  server: ApiServer;
  router: Router;
  /** The digests that the node has under the names of images. */
  pulled: Map<string, string>;
  faults: Faults;
  /** Policies that deny writes. */
  admission: Admission;
  /** The routers of programs that run in it; undefined for those of the product. */
  routers: Routers | undefined;
  /** A kubeconfig for a token that carries these rights. */
  kubeconfig(token: string, rules?: readonly Rule[]): string;
  stop(): Promise<void>;
}

/** The pod of the ingress controller, on a node of others. */
/** Of Istio; a test that has Istio adds it (test/traffic/istio/world.ts). */
export const ISTIO_GATEWAY = { namespace: 'istio-system', name: 'gateway' };
const CONTROLLER = { namespace: 'ingress-nginx', name: 'controller' };

/** What a cluster has beside what every one has. */
export interface ClusterOptions {
  /** How late its router follows. */
  syncEveryMs?: number;
  /** What its node has room for. */
  capacity?: Capacity;
  /** The routers of programs that run in it, instead of those of the product. */
  routers?: Routers;
  /** Rights that every account of it has on top. */
  rules?: readonly Rule[];
  /** false: no controllers of StatefulSets and DaemonSets run, and the test writes the status of these. */
  sets?: boolean;
}

/** Starts the cluster; `seed` decides everything that is random in it. */
export async function startCluster(
  clock: VirtualClock,
  seed = 1,
  { syncEveryMs, capacity = CAPACITY, routers, rules: more = [], sets = true }: ClusterOptions = {},
): Promise<SimCluster> {
  const store = createStore(() => clock.now());
  const faults = createFaults();
  const admission = createAdmission();
  const users = new Map<string, readonly Rule[]>();
  const random = seededRandom(seed);
  let programs = 0;
  startDeploymentController(store, clock);
  if (sets) {
    startStatefulSetController(store, clock);
    startDaemonSetController(store, clock);
  }
  startRolloutController(store, clock);
  startJobController(store, clock);
  startQuotaController(store, clock);
  startGarbageCollector(store, clock);
  const accountRules = (namespace: string, account: string) => [
    ...rbacRules(account, namespace),
    ...rolloutRules(account, namespace),
    ...rollingRules(account, namespace),
    ...more,
  ];
  const startPodProgram: StartProgram = (env, serviceAccount, namespace) => {
    const token = `pod-${++programs}`;
    users.set(token, accountRules(namespace, serviceAccount));
    const kubeconfig = kubeconfigFor(server.url, token, namespace);
    return startProgram({ server, clock, routers }, token, { PLUGIN_KUBECONFIG: kubeconfig, ...env });
  };
  const node = startNode(store, clock, startPodProgram, capacity);
  startEndpoints(store, clock);
  const router = startRouter(store, clock, node, random, syncEveryMs);
  const server = await startServer({
    store,
    clock,
    faults,
    admission,
    users,
    accountRules,
    logs: node.logs,
    followLog: (namespace, pod) =>
      namespace === CONTROLLER.namespace && pod === CONTROLLER.name ? router.accessLog.follow : undefined,
    metrics(namespace, pod) {
      router.catchUp();
      if (namespace === ISTIO_GATEWAY.namespace && pod === ISTIO_GATEWAY.name) return router.istioMetrics();
      const isController = namespace === CONTROLLER.namespace && pod === CONTROLLER.name;
      if (isController) return router.metrics();
      return namespace === 'traefik' ? router.traefikMetrics() : node.metrics(namespace, pod);
    },
  });
  store.add('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...CONTROLLER,
      labels: { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' },
    },
    spec: { nodeName: 'another-node', containers: [{ name: 'controller', image: 'ingress-nginx' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
  store.add('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: NODE, labels: { 'kubernetes.io/arch': 'amd64' } },
    status: {
      nodeInfo: { operatingSystem: 'linux', architecture: 'amd64' },
      allocatable: { pods: `${capacity.pods}`, memory: `${Math.min(capacity.memory, 2 ** 60)}`, cpu: '64' },
    },
  });
  for (const [name, controller] of [
    ['nginx', 'k8s.io/ingress-nginx'],
    ['other', 'example.com/other'],
  ]) {
    store.add('ingressclasses', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name },
      spec: { controller },
    });
  }
  return {
    clock,
    store,
    server,
    router,
    pulled: node.pulled,
    faults,
    admission,
    routers,
    kubeconfig(token, rules = EVERYTHING) {
      users.set(token, [...rules, ...more]);
      return kubeconfigFor(server.url, token);
    },
    async stop() {
      clock.stop();
      await server.close();
    },
  };
}

function kubeconfigFor(server: string, token: string, namespace?: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sim',
    clusters: [{ name: 'sim', cluster: { server } }],
    users: [{ name: 'step', user: { token } }],
    contexts: [
      { name: 'sim', context: { cluster: 'sim', user: 'step', ...(namespace ? { namespace } : {}) } },
    ],
  });
}
