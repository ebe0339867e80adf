import { deploymentOf, ingressOf, SETTINGS } from '../e2e/app.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { withDefaults } from '../test/sim/api-server/admit.ts';
import { type SimCluster, startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { realClock } from '../test/sim/virtual-clock.ts';
import { costOf, provenance, type RunCost, spread } from './measure.ts';

/**
 * `npm run bench:scale [-- ROUNDS [FILTER]]`: what a promotion costs in large sets and crowded namespaces: requests, bytes from the API
 * server, peak memory and CPU time of the bundle as a process, against the built-in cluster in real time.
 */
const NAMESPACE = 'shop';
/** Other people's objects in the namespace. */
const CROWD = { deployments: 500, ingresses: 300 };
/** The size of what the API server adds to an object of the crowd: managed fields, the last applied configuration. */
const BALLAST = 'x'.repeat(4000);
/** What a container is given, so that a pod has about the size of a real one. */
const ENV = Array.from({ length: 40 }, (_, index) => ({ name: `SETTING_${index}`, value: 'x'.repeat(40) }));
/** One Deployment of the crowd changes so often, as if its controller wrote its status. */
const CHANGE_EVERY_MS = 50;

/** What is promoted, and what else is in the namespace. */
interface Scene {
  pods: number;
  /** Ingresses to the one Service. */
  routes: number;
  isCrowded: boolean;
}

const SCENES: readonly Scene[] = [
  ...[4, 100, 1000].flatMap((pods) =>
    [false, true].map((isCrowded): Scene => ({ pods, routes: 1, isCrowded })),
  ),
  { pods: 4, routes: 50, isCrowded: true },
];

interface Cost extends RunCost {
  /** Requests that the API server answered, watches included. */
  requests: number;
  /** What the API server sent, in MB. */
  sentMb: number;
}

const rounds = Number(process.argv[2] ?? 3);
const filter = process.argv[3] ?? '';
console.log(`${provenance('npm run bench:scale')}, ${rounds} runs each; median (10th to 90th percentile).\n`);
console.log(
  '| pods | Ingresses to the Service | others in the namespace | requests | MB from the server | peak memory, MB | CPU, s | wall, s |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const scene of SCENES) {
  if (!nameOf(scene).includes(filter)) continue;
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(await promoteOnce(scene));
  console.log(row(scene, costs));
}
// the built-in cluster's timers go on in real time
process.exit(0);

function nameOf({ pods, routes, isCrowded }: Scene): string {
  const others = isCrowded ? `${CROWD.deployments} Deployments, ${CROWD.ingresses} Ingresses` : 'none';
  return `| ${pods} | ${routes} | ${others} |`;
}

function row(scene: Scene, costs: readonly Cost[]): string {
  const cells = [
    spread(costs.map(({ requests }) => requests)),
    spread(
      costs.map(({ sentMb }) => sentMb),
      1,
    ),
    spread(costs.map(({ mb }) => mb)),
    spread(
      costs.map(({ cpuS }) => cpuS),
      1,
    ),
    spread(costs.map(({ ms }) => ms / 1000)),
  ];
  return `${nameOf(scene)} ${cells.join(' | ')} |`;
}

async function promoteOnce({ pods, routes, isCrowded }: Scene): Promise<Cost> {
  const cluster = await startCluster(realClock(systemClock), 1, {
    capacity: { pods: 2 * pods + 500, memory: Number.POSITIVE_INFINITY },
  });
  if (isCrowded) addCrowd(cluster);
  for (let index = 1; index < routes; index += 1) addIngress(cluster, `web-${index}`, 'web');
  await deployAppTo(cluster, { namespace: NAMESPACE, host: 'shop.example.com', replicas: pods, env: ENV });
  await allReady(cluster, pods);
  const settings = {
    ...SETTINGS,
    // without users there is nothing to judge or to confirm a weight by, and nobody watches
    false_alarm: '0',
    unwatched: 'allow',
    steps: ['10% 1s', '50% 1s'],
    settle: '1s',
    drain: '1s',
    namespace: NAMESPACE,
    timeout: '5m',
    kubeconfig: cluster.kubeconfig('bench'),
  };
  const change = isCrowded ? setInterval(() => changeOne(cluster), CHANGE_EVERY_MS) : undefined;
  const sentBefore = cluster.server.sentBytes();
  try {
    const cost = await costOf({ name: 'promotion', args: ['dist/main.js'], env: stepEnvironment(settings) });
    return {
      ...cost,
      requests: [...cluster.server.counts.values()].reduce((sum, count) => sum + count, 0),
      sentMb: (cluster.server.sentBytes() - sentBefore) / 1e6,
    };
  } finally {
    clearInterval(change);
    await cluster.stop();
  }
}

function addCrowd(cluster: SimCluster): void {
  const { store } = cluster;
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': BALLAST };
  for (let index = 0; index < CROWD.deployments; index += 1) {
    const name = `other-${index}`;
    const object = deploymentOf('1.0.0', 0);
    const labels = { app: name };
    store.add(
      'deployments',
      withDefaults('deployments', {
        ...object,
        metadata: { name, namespace: NAMESPACE, labels, annotations },
        spec: {
          ...object.spec,
          selector: { matchLabels: labels },
          template: { ...object.spec.template, metadata: { labels } },
        },
      }),
    );
  }
  for (let index = 0; index < CROWD.ingresses; index += 1)
    addIngress(cluster, `other-${index}`, `other-${index}`, annotations);
}

function addIngress({ store }: SimCluster, name: string, service: string, annotations = {}): void {
  const object = ingressOf(name, `${name}.example.com`, [['/', service]]);
  const metadata = {
    ...object.metadata,
    namespace: NAMESPACE,
    annotations: { ...object.metadata?.annotations, ...annotations },
  };
  store.add('ingresses', withDefaults('ingresses', { ...object, metadata }));
}

function changeOne({ store }: SimCluster): void {
  const turn = Math.floor(Math.random() * CROWD.deployments);
  const found = store.get('deployments', NAMESPACE, `other-${turn}`);
  if (found)
    store.put('deployments', {
      ...found,
      metadata: { ...found.metadata, labels: { ...found.metadata.labels, turn: `${performance.now()}` } },
    });
}

async function allReady({ store }: SimCluster, pods: number): Promise<void> {
  for (;;) {
    const web = store.get('deployments', NAMESPACE, 'web');
    if (web?.status?.availableReplicas === pods) return;
    await systemClock.sleep(100);
  }
}
