import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { deploymentOf, ingressOf, SETTINGS } from '../e2e/app.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { withDefaults } from '../test/sim/api-server/admit.ts';
import { type SimCluster, startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { realClock } from '../test/sim/virtual-clock.ts';

/**
 * `npm run bench:scale [-- ROUNDS]`: what a promotion costs in large sets and crowded namespaces: requests, bytes from the API server,
 * peak memory and CPU time of the bundle as a process, against the built-in cluster in real time.
 */
const NAMESPACE = 'shop';
const PODS = [4, 100, 1000];
/** Other people's objects in the namespace. */
const CROWD = { deployments: 500, ingresses: 300 };
/** The size of what the API server adds to an object of the crowd: managed fields, the last applied configuration. */
const BALLAST = 'x'.repeat(4000);
/** A Deployment of the crowd changes so often, as its controller writes its status. */
const CHANGE_EVERY_MS = 50;

interface Cost {
  requests: number;
  megabytes: number;
  peakMb: number;
  cpuS: number;
  wallS: number;
}

const HOOK = `process.on('exit', () => {
  const fs = require('node:fs');
  const [, peak] = /VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'));
  const { user, system } = process.cpuUsage();
  fs.writeFileSync(process.env.BENCH_COST_FILE, JSON.stringify({ peakMb: peak / 1024, cpuS: (user + system) / 1e6 }));
});`;

const rounds = Number(process.argv[2] ?? 3);
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model} (${cpus().length} cores), Node ${process.version}, ` +
    `\`npm run bench:scale\`, ${rounds} runs each; median (lowest to highest).\n`,
);
console.log(
  '| pods | others in the namespace | requests | MB from the server | peak memory, MB | CPU, s | wall, s |',
);
console.log('|---|---|---|---|---|---|---|');
for (const pods of PODS) {
  for (const crowded of [false, true]) {
    const costs: Cost[] = [];
    for (let round = 0; round < rounds; round += 1) costs.push(await promoteOnce(pods, crowded));
    const cell = (of: (cost: Cost) => number, digits: number) => {
      const sorted = costs.map(of).sort((one, other) => one - other);
      const [low, middle, high] = [0, Math.floor(sorted.length / 2), sorted.length - 1].map((at) =>
        sorted[at]?.toFixed(digits),
      );
      return `${middle} (${low}–${high})`;
    };
    const others = crowded ? `${CROWD.deployments} Deployments, ${CROWD.ingresses} Ingresses` : 'none';
    const cells = [
      cell(({ requests }) => requests, 0),
      cell(({ megabytes }) => megabytes, 1),
      cell(({ peakMb }) => peakMb, 0),
      cell(({ cpuS }) => cpuS, 1),
      cell(({ wallS }) => wallS, 0),
    ];
    console.log(`| ${pods} | ${others} | ${cells.join(' | ')} |`);
  }
}
// the built-in cluster's timers go on in real time
process.exit(0);

async function promoteOnce(pods: number, crowded: boolean): Promise<Cost> {
  const cluster = await startCluster(realClock(systemClock), 1, {
    capacity: { pods: 2 * pods + 500, memory: Number.POSITIVE_INFINITY },
  });
  const directory = mkdtempSync(join(tmpdir(), 'bench-'));
  const [hook, costs] = [join(directory, 'cost.cjs'), join(directory, 'cost.json')];
  writeFileSync(hook, HOOK);
  if (crowded) addCrowd(cluster);
  await deployAppTo(cluster, { namespace: NAMESPACE, host: 'shop.example.com', replicas: pods });
  await allReady(cluster, pods);
  const settings = {
    ...SETTINGS,
    false_alarm: '0',
    unwatched: 'allow',
    steps: ['10% 1s', '50% 1s'],
    settle: '1s',
    drain: '1s',
    namespace: NAMESPACE,
    timeout: '5m',
    kubeconfig: cluster.kubeconfig('bench'),
  };
  const change = crowded ? setInterval(() => changeOne(cluster), CHANGE_EVERY_MS) : undefined;
  const bytesBefore = cluster.server.sentBytes();
  const begun = performance.now();
  try {
    const env = { ...stepEnvironment(settings), BENCH_COST_FILE: costs };
    await run(['--require', hook, 'dist/main.js'], env);
    const requests = [...cluster.server.counts].reduce((sum, [, count]) => sum + count, 0);
    return {
      requests,
      megabytes: (cluster.server.sentBytes() - bytesBefore) / 1e6,
      ...(JSON.parse(readFileSync(costs, 'utf8')) as Pick<Cost, 'peakMb' | 'cpuS'>),
      wallS: (performance.now() - begun) / 1000,
    };
  } finally {
    clearInterval(change);
    rmSync(directory, { recursive: true });
    await cluster.stop();
  }
}

function addCrowd({ store }: SimCluster): void {
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
  for (let index = 0; index < CROWD.ingresses; index += 1) {
    const object = ingressOf(`other-${index}`, `other-${index}.example.com`, [['/', `other-${index}`]]);
    const metadata = { ...object.metadata, namespace: NAMESPACE, annotations };
    store.add('ingresses', withDefaults('ingresses', { ...object, metadata }));
  }
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

function run(args: readonly string[], env: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`ended with ${code}: ${output}`))));
  });
}
