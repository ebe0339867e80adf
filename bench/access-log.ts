import { fork } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../src/clock.ts';
import { connect } from '../src/cluster/connect.ts';
import { createLineCounter } from '../src/traffic/nginx/access-log/line-counter.ts';
import { compileFormat, DEFAULT_FORMAT } from '../src/traffic/nginx/access-log/log-format.ts';
import { followPod } from '../src/traffic/pod-log/follow-pod.ts';
import { MOST_LINES_PER_SECOND } from '../src/traffic/pod-log/follow-pods.ts';
import { createLineCutter } from '../src/traffic/pod-log/lines.ts';
import { quantile } from './measure.ts';

/**
 * `node bench/access-log.ts [SECONDS]`: what it costs to judge by the access log of ingress-nginx, in CPU
 * time of this process. The lines come from another process over loopback, each in a write of its own, as the
 * API server sends them; TLS, which it would speak, is not in it.
 */
const LINES_PER_SECOND = 2_000;
const ROUNDS = 7;
const BATCH = 50_000;
const WARM_UP_MS = 5_000;
const JSON_FORMAT =
  '{"time": "$time_iso8601", "ip": "$remote_addr", "request": "$request", "ua": "$http_user_agent", "status": $status, "time": "$request_time", "up": "$proxy_upstream_name", "alt": "$proxy_alternative_upstream_name", "addr": "$upstream_addr", "upstream_status": "$upstream_status"}';
const AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const ROUTES = {
  namespace: 'shop',
  ingresses: ['web'],
  stableServices: ['web'],
  stableUpstreams: ['shop-web-80'],
  canaryUpstreams: ['shop-web-canary-80'],
};

/** A line as the API server sends it: every tenth went to the canary, every hundredth was tried twice. */
function makeLine(index: number, format: string, upstream = 'shop-web-80'): string {
  const isRetried = index % 100 === 0;
  const twice = (value: string) => (isRetried ? `${value}, ${value}` : value);
  const values: Record<string, string> = {
    remote_addr: `203.0.113.${index % 250}`,
    remote_user: '-',
    time_local: '28/Nov/2026:12:00:00 +0000',
    time_iso8601: '2026-11-28T12:00:00+00:00',
    request: `GET /catalogue/items/${index}?sort=price&page=${index % 17} HTTP/2.0`,
    status: '200',
    body_bytes_sent: '5123',
    http_referer: 'https://shop.example.com/catalogue',
    http_user_agent: AGENT,
    request_length: '482',
    request_time: `0.${String(index % 400).padStart(3, '0')}`,
    proxy_upstream_name: upstream,
    proxy_alternative_upstream_name: index % 10 === 0 ? 'shop-web-canary-80' : '',
    upstream_addr: twice(`10.1.0.${index % 9}:8080`),
    upstream_response_length: twice('5123'),
    upstream_response_time: twice('0.012'),
    upstream_status: twice('200'),
    req_id: '6f2c5c1f9a0e4a5bb0a7e1d2c3b4a596',
  };
  const text = format.replace(/\$(\w+)/g, (_, name) => values[name] ?? '-');
  const at = new Date(Date.parse('2026-11-28T12:00:00Z') + Math.floor((index * 1000) / LINES_PER_SECOND));
  return `${at.toISOString().slice(0, 19)}.${String(index % 1e9).padStart(9, '0')}Z ${text}\n`;
}

function counterOf(format: string) {
  const compiled = compileFormat(format);
  if ('unusable' in compiled) throw new Error(compiled.unusable);
  return createLineCounter(compiled.parser, ROUTES, () => {});
}

function cpuMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

/** One row: of the CPU time that a line costs. */
function show(what: string, msPerLine: number): void {
  const share = msPerLine * LINES_PER_SECOND * 0.1;
  console.log(
    `| ${what} | ${(msPerLine * 1000).toFixed(1)} µs | ${share.toFixed(1)} % | ${Math.round(1000 / msPerLine)} |`,
  );
}

/** Lines in memory, in pieces of 64 KiB as a socket gives them. */
function measureInMemory(what: string, format: string, upstream?: string): void {
  const text = Buffer.from(
    Array.from({ length: BATCH }, (_, index) => makeLine(index, format, upstream)).join(''),
  );
  const counter = counterOf(format);
  const { take } = counter.replica();
  const taken: number[] = [];
  for (let round = -2; round < ROUNDS; round += 1) {
    const cutter = createLineCutter();
    const begun = process.cpuUsage();
    for (let from = 0; from < text.length; from += 65_536)
      cutter.push(text.subarray(from, from + 65_536), take);
    if (round >= 0) taken.push(cpuMs(begun) / BATCH);
  }
  if (counter.seen().requests !== BATCH * (ROUNDS + 2)) throw new Error('not every line was read');
  show(what, quantile(taken, 0.5));
}

/** Lines over HTTP; `path` says how fast they come. */
async function measureHttp(what: string, port: number, path: string, seconds: number): Promise<void> {
  const connection = await connect({ server: `http://127.0.0.1:${port}${path}`, token: 'x' });
  const counter = counterOf(DEFAULT_FORMAT);
  const log = { key: 'a', namespace: 'ingress-nginx', pod: 'a', container: 'controller' };
  const { take } = counter.replica();
  const follower = followPod(connection, systemClock, log, { sinceMs: 0, take });
  const looks = setInterval(() => counter.reading(), 250);
  await systemClock.sleep(WARM_UP_MS);
  const [begun, before] = [process.cpuUsage(), counter.seen().requests];
  await systemClock.sleep(seconds * 1_000);
  const [spent, lines] = [cpuMs(begun), counter.seen().requests - before];
  follower.stop();
  clearInterval(looks);
  show(`${what} (${Math.round(lines / seconds)} lines/s came)`, spent / lines);
}

if (process.send) {
  const lines = Array.from({ length: BATCH }, (_, index) => makeLine(index, DEFAULT_FORMAT));
  const server = http.createServer((request, response) => {
    let [index, open] = [0, true];
    response.on('close', () => {
      open = false;
    });
    const begun = performance.now();
    const write = () => {
      const [, pace] = /^\/paced-(\d+)/.exec(request.url ?? '') ?? [];
      const isPaced = pace !== undefined;
      const due = isPaced ? ((performance.now() - begun) * Number(pace)) / 1000 : index + 500;
      let hasRoom = true;
      for (; index < due && open; index += 1) hasRoom = response.write(lines[index % BATCH]);
      if (!open) return;
      if (isPaced) setTimeout(write, 1);
      else if (hasRoom) setImmediate(write);
      else response.once('drain', write);
    };
    write();
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
  process.on('disconnect', () => process.exit());
} else {
  const seconds = Number(process.argv[2] ?? 10);
  console.log(`| lines | CPU a line | at ${LINES_PER_SECOND} lines/s, of a core | lines/s of a core |`);
  console.log('|---|---|---|---|');
  measureInMemory('default format, parsed and counted', DEFAULT_FORMAT);
  measureInMemory('JSON, parsed and counted', JSON_FORMAT);
  measureInMemory('default format, all of other routes', DEFAULT_FORMAT, 'other-blog-80');
  const server = fork(new URL(import.meta.url).pathname);
  const port = await new Promise<number>((resolve) => {
    server.once('message', (message) => resolve(Number(message)));
  });
  for (const pace of [LINES_PER_SECOND, MOST_LINES_PER_SECOND]) {
    await measureHttp('over HTTP', port, `/paced-${pace}`, seconds);
  }
  await measureHttp('over HTTP, as fast as it goes', port, '/fast', seconds);
  server.disconnect();
  process.exit(0);
}
