import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createPrometheus, type Prometheus } from '../../../src/analysis/source/prometheus.ts';
import {
  type BuiltIn,
  fillIn,
  latencyQuantile,
  podPattern,
  type QueryVariables,
  successRate,
} from '../../../src/analysis/source/queries.ts';

/** Debian's package `prometheus`, or one that is named; without any, this file is skipped. */
const PROGRAM = process.env.PROMETHEUS ?? '/usr/bin/prometheus';
const LIMITS = { timeoutMs: 10_000 };

/** How much each series grows in a second; series of metrics as the routers write them. */
const SERIES: Record<string, number> = {
  'nginx_ingress_controller_requests{namespace="shop",ingress="web",service="web",canary="",status="200"}': 9,
  'nginx_ingress_controller_requests{namespace="shop",ingress="web",service="web",canary="",status="404"}': 1,
  'nginx_ingress_controller_requests{namespace="shop",ingress="web",service="web",canary="shop-web-canary-80",status="200"}': 3,
  'nginx_ingress_controller_requests{namespace="shop",ingress="web",service="web",canary="shop-web-canary-80",status="502"}': 1,
  // a Prometheus that does not honour labels; the namespace of the first is the controller's
  'nginx_ingress_controller_requests{namespace="shop",exported_namespace="blog",ingress="web",exported_service="web",service="web",canary="",status="500"}': 2,
  'nginx_ingress_controller_requests{namespace="shop",exported_namespace="blog",ingress="web",exported_service="web",service="web",canary="",status="200"}': 6,
  'nginx_ingress_controller_request_duration_seconds_bucket{namespace="shop",ingress="web",service="web",canary="",le="0.1"}': 0,
  'nginx_ingress_controller_request_duration_seconds_bucket{namespace="shop",ingress="web",service="web",canary="",le="0.2"}': 10,
  'nginx_ingress_controller_request_duration_seconds_bucket{namespace="shop",ingress="web",service="web",canary="",le="+Inf"}': 10,
  'istio_requests_total{reporter="destination",destination_workload_namespace="shop",destination_workload="web-canary",response_code="500"}': 2,
  'istio_requests_total{reporter="destination",destination_workload_namespace="shop",destination_workload="web",response_code="200"}': 5,
  'istio_requests_total{reporter="source",destination_workload_namespace="shop",destination_workload="web",response_code="503"}': 5,
  'istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="shop",destination_workload="web",le="100"}': 0,
  'istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="shop",destination_workload="web",le="200"}': 5,
  'istio_request_duration_milliseconds_bucket{reporter="destination",destination_workload_namespace="shop",destination_workload="web",le="+Inf"}': 5,
  'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0/backend/0",envoy_response_code_class="2"}': 4,
  'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0/backend/1",envoy_response_code_class="2"}': 1,
  'envoy_cluster_upstream_rq_xx{envoy_cluster_name="httproute/shop/web/rule/0/backend/1",envoy_response_code_class="5"}': 1,
  'traefik_service_requests_total{service="shop-web-80@kubernetes",code="200"}': 4,
  'traefik_service_requests_total{service="shop-web-canary-80@kubernetes",code="200"}': 1,
  'traefik_service_requests_total{service="shop-web-canary-80@kubernetes",code="500"}': 3,
  'response_total{namespace="shop",deployment="web-canary",direction="inbound",classification="success"}': 1,
  'response_total{namespace="shop",deployment="web-canary",direction="inbound",classification="failure"}': 1,
  'response_total{namespace="shop",deployment="web-canary",direction="outbound",classification="failure"}': 9,
  'app_requests_total{pod="web-79924cb62f-ppppc"}': 2,
  'app_requests_total{pod="web-canary-79924cb62f-qqqqc"}': 1,
  // known, and silent
  'response_total{namespace="shop",deployment="idle",direction="inbound",classification="success"}': 0,
};

/** A history of ten minutes around now, a sample each five seconds. */
function openMetrics(): string {
  const now = Math.floor(Date.now() / 1000);
  const times = Array.from({ length: 121 }, (_, index) => now - 300 + index * 5);
  const lines = Object.entries(SERIES).flatMap(([series, rate]) =>
    times.map((time) => `${series} ${(time - now + 1000) * rate} ${time}`),
  );
  return `${lines.join('\n')}\n# EOF\n`;
}

describe('analysis/source/prometheus against the real one', { skip: !existsSync(PROGRAM) }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'prometheus-'));
  let prometheus: Prometheus;
  let stop = () => {};

  before(async () => {
    writeFileSync(join(directory, 'history'), openMetrics());
    writeFileSync(join(directory, 'config.yml'), '{}');
    const store = join(directory, 'data');
    execFileSync(
      join(dirname(PROGRAM), 'promtool'),
      ['tsdb', 'create-blocks-from', 'openmetrics', join(directory, 'history'), store],
      {
        stdio: 'ignore',
      },
    );
    const port = await freePort();
    const program = spawn(
      PROGRAM,
      [
        `--config.file=${join(directory, 'config.yml')}`,
        `--storage.tsdb.path=${store}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    stop = () => program.kill();
    prometheus = createPrometheus({ url: `http://127.0.0.1:${port}` });
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await prometheus.query('vector(1)', LIMITS)).kind === 'value') return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('Prometheus does not start');
  });

  after(() => {
    stop();
    rmSync(directory, { recursive: true, maxRetries: 5 });
  });

  const variables = (more: Partial<QueryVariables> = {}): QueryVariables => ({
    namespace: 'shop',
    workload: 'web',
    pods: podPattern('web'),
    canary_pods: podPattern('web-canary'),
    stable_pods: podPattern('web'),
    service: 'web',
    ingress: 'web',
    window: '1m',
    ...more,
  });

  const rates: [
    router: BuiltIn['router'],
    side: BuiltIn['side'],
    more: Partial<QueryVariables>,
    expected: number | string,
  ][] = [
    ['nginx', 'stable', {}, 100],
    ['nginx', 'canary', { service: 'web-canary' }, 75],
    ['nginx', 'stable', { namespace: 'blog' }, 75],
    ['nginx', 'canary', { namespace: 'blog', service: 'web-canary' }, 'no-value'],
    ['istio', 'stable', {}, 100],
    // everything fails: no series of success is there
    ['istio', 'canary', { workload: 'web-canary' }, 0],
    ['envoy-gateway', 'stable', {}, 100],
    ['envoy-gateway', 'canary', {}, 50],
    ['envoy-gateway', 'canary', { ingress: 'other' }, 'no-value'],
    ['traefik', 'stable', {}, 100],
    ['traefik', 'canary', { service: 'web-canary' }, 25],
    ['linkerd', 'canary', { workload: 'web-canary' }, 50],
    ['linkerd', 'stable', { workload: 'idle' }, 'not-a-number'],
    ['linkerd', 'stable', { workload: 'unknown' }, 'no-value'],
  ];
  for (const [router, side, more, expected] of rates) {
    it(`success rate, ${router}, ${side}, ${JSON.stringify(more)}: ${expected}`, async () => {
      const outcome = await prometheus.query(successRate({ router, side }, variables(more)), LIMITS);
      if (typeof expected === 'string') assert.equal(outcome.kind, expected);
      else
        assert.ok(
          outcome.kind === 'value' && Math.abs(outcome.value - expected) < 1e-6,
          JSON.stringify(outcome),
        );
    });
  }

  for (const router of ['nginx', 'istio'] as const) {
    it(`median of the time, ${router}, in milliseconds`, async () => {
      const query = latencyQuantile({ router, side: 'stable' }, variables(), 0.5);
      const outcome = await prometheus.query(query, LIMITS);
      assert.ok(outcome.kind === 'value' && Math.abs(outcome.value - 150) < 1e-6, JSON.stringify(outcome));
    });
  }

  for (const router of ['envoy-gateway', 'traefik', 'linkerd'] as const) {
    it(`a quantile for ${router} is a query that Prometheus takes`, async () => {
      const query = latencyQuantile({ router, side: 'stable' }, variables(), 0.99);
      assert.equal((await prometheus.query(query, LIMITS)).kind, 'no-value');
    });
  }

  const own: [query: string, expected: number | string | RegExp][] = [
    ['sum(rate(app_requests_total{pod=~"{{ stable_pods }}"}[{{ window }}]))', 2],
    ['sum(rate(app_requests_total{pod=~"{{ canary_pods }}"}[{{ window }}]))', 1],
    ['rate(app_requests_total[1m])', 'several'],
    ['app_requests_total[1m]', 'not-prometheus'],
    ['app_requests_total{', /parse error/],
    ['"text"', 'not-prometheus'],
    ['scalar(vector(0)) / 0', 'not-a-number'],
  ];
  for (const [query, expected] of own) {
    it(`own query ${query}`, async () => {
      const outcome = await prometheus.query(fillIn(query, variables()), LIMITS);
      if (typeof expected === 'string') assert.equal(outcome.kind, expected);
      else if (typeof expected === 'number') {
        assert.ok(
          outcome.kind === 'value' && Math.abs(outcome.value - expected) < 1e-6,
          JSON.stringify(outcome),
        );
      } else assert.match(outcome.kind === 'refused' ? outcome.message : outcome.kind, expected);
    });
  }

  it('takes escaped strings and patterns for what they are', async () => {
    const hostile = variables({
      namespace: 'a"b\\c\nd',
      service: 'x.*+?()|{}[]$^\\d',
      workload: '"} or vector(1) #',
    });
    for (const router of ['nginx', 'istio', 'envoy-gateway', 'traefik', 'linkerd'] as const) {
      for (const side of ['stable', 'canary'] as const) {
        const outcome = await prometheus.query(successRate({ router, side }, hostile), LIMITS);
        assert.equal(outcome.kind, 'no-value', JSON.stringify(outcome));
      }
    }
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
