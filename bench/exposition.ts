import { fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { carry, noCounts, plus, type Reading, since } from '../src/analysis/source/counts.ts';
import { readPage } from '../src/analysis/source/pod-proxy.ts';
import { systemClock } from '../src/clock.ts';
import { createCluster } from '../src/cluster/client.ts';
import { connect } from '../src/cluster/connect.ts';
import { readController } from '../src/traffic/nginx/counters.ts';
import { quantile } from './measure.ts';

/**
 * `node bench/exposition.ts [ROUNDS]`: what one read of a 2 MB metrics page of ingress-nginx costs, in CPU time of this process: with one
 * read a second, 50 ms are 5 % of a core. The page comes from another process over loopback, as the API server would send it; TLS, which
 * it would speak, is not in it.
 */
const SIZE = 2_000_000;
const BUCKETS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];
const HISTOGRAMS = [
  'connect_duration_seconds',
  'header_duration_seconds',
  'request_duration_seconds',
  'request_size',
  'response_duration_seconds',
  'response_size',
];
const SPLIT = {
  namespace: 'shop',
  ingresses: ['web-0'],
  stableServices: ['web-0'],
  canaryServices: ['web-0-canary'],
};

/** A page of a controller with many Ingresses, each with a canary, in the controller's own order: metric after metric. */
function makePage(ingresses: number): string {
  const series = Array.from({ length: ingresses }, (_, index) => index).flatMap((index) =>
    ['', `shop-web-${index}-canary-80`].flatMap((canary) =>
      ['200', '404', '503'].map(
        (status) =>
          `canary="${canary}",controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller-7d4c9b6f5-x2x5v",host="web-${index}.shop.example.com",ingress="web-${index}",method="GET",namespace="shop",path="/",service="web-${index}",status="${status}"`,
      ),
    ),
  );
  const lines = series.map((labels, index) => `nginx_ingress_controller_requests{${labels}} ${index * 17}`);
  for (const name of HISTOGRAMS) {
    const metric = `nginx_ingress_controller_${name}`;
    for (const labels of series) {
      lines.push(...BUCKETS.map((le, index) => `${metric}_bucket{${labels},le="${le}"} ${index * 100}`));
      lines.push(`${metric}_sum{${labels}} 12.345`, `${metric}_count{${labels}} 1100`);
    }
  }
  return `${lines.join('\n')}\nprocess_start_time_seconds 1.79553386797e+09\n`;
}

/** CPU time of this process for each round, in milliseconds. */
async function cpuOf(rounds: number, work: () => unknown): Promise<string> {
  const taken: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const begun = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begun);
    if (round >= 0) taken.push((user + system) / 1000);
  }
  const [median, high] = [quantile(taken, 0.5), quantile(taken, 0.95)];
  return `${median.toFixed(1)} ms (95th percentile ${high.toFixed(1)} ms): ${(median / 10).toFixed(1)} % of a core`;
}

const lineBytes = makePage(1).length;
const ours = makePage(Math.ceil(SIZE / lineBytes));

if (process.send) {
  const packed = gzipSync(ours);
  const server = http.createServer((request, response) => {
    const wantsPacked = request.url?.includes('packed');
    if (wantsPacked) response.setHeader('Content-Encoding', 'gzip');
    response.end(wantsPacked ? packed : ours);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
} else {
  const rounds = Number(process.argv[2] ?? 100);
  const server = fork(new URL(import.meta.url).pathname);
  const port = await new Promise((resolve) => {
    server.once('message', resolve);
  });
  const cluster = createCluster(
    await connect({ server: `http://127.0.0.1:${port}`, token: 'x' }),
    'shop',
    systemClock,
  );
  let [last, sum]: [Reading, ReturnType<typeof noCounts>] = [new Map(), noCounts()];
  const take = (text: string, split = SPLIT) => {
    const reading = carry(last, new Map([['a', readController(text, split)]]));
    sum = plus(sum, since(last, reading));
    last = reading;
  };
  const read = async (path: string) => {
    const target = { key: 'a', namespace: 'ingress-nginx', pod: 'controller', port: 10254, path };
    const page = await readPage(cluster, target, { timeoutMs: 5_000 });
    if (page.kind !== 'page') throw new Error(page.message);
    take(page.text);
  };
  const ingresses = Array.from({ length: Math.ceil(SIZE / lineBytes) }, (_, index) => `web-${index}`);
  const all = {
    ...SPLIT,
    ingresses,
    stableServices: ingresses,
    canaryServices: ingresses.map((each) => `${each}-canary`),
  };
  const lines = ours.split('\n').length;
  console.log(
    `A page of ${(ours.length / 1e6).toFixed(1)} MB, ${lines} lines; CPU time of one read, ${rounds} reads:\n`,
  );
  console.log(`counts of one Ingress from the text:    ${await cpuOf(rounds, () => take(ours))}`);
  console.log(
    `counts of all ${ingresses.length} Ingresses:            ${await cpuOf(rounds, () => take(ours, all))}`,
  );
  console.log(`with its way over HTTP, as it is:       ${await cpuOf(rounds, () => read('/metrics'))}`);
  console.log(`with its way over HTTP, packed (gzip):  ${await cpuOf(rounds, () => read('/packed'))}`);
  server.disconnect();
  process.exit(0);
}
