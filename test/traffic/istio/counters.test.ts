import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { since, total } from '../../../src/analysis/source/counts.ts';
import { countsCopies, knowsService, readGateway } from '../../../src/traffic/istio/counters.ts';
import { SPLIT } from './helpers.ts';

const counts = (page: string) => total(new Map([['uid', readGateway(page, SPLIT)]]));

const line = (service: string, code: string, value: number, more = '') =>
  `istio_requests_total{reporter="source",source_workload="edge",destination_workload="unknown",destination_service="${service}.shop.svc.cluster.local",destination_service_name="${service}",destination_service_namespace="shop",response_code="${code}"${more}} ${value}\n`;

const cluster = (service: string, code: string, value: number, subset = '') =>
  `envoy_cluster_upstream_rq{envoy_response_code="${code}",envoy_cluster_name="outbound|80|${subset}|${service}.shop.svc.cluster.local"} ${value}\n`;

describe("the counters of Istio's gateways and copies of requests", () => {
  const cases: [name: string, page: string, expected: boolean][] = [
    ["Envoy's clusters count them", cluster('web', '200', 9), true],
    [
      "Istio's own do not, also beside those of the clusters",
      line('web', '200', 9) + cluster('web', '200', 9),
      false,
    ],
    ['a page without any counter shows nothing', '', false],
  ];
  for (const [name, page, expected] of cases) it(name, () => assert.equal(countsCopies(page), expected));
});

describe("the counters of Istio's gateways", () => {
  it('tell canary and stable by the Service, with what the proxy answers by itself', () => {
    const { stable, canary } = counts(
      line('web', '200', 90) +
        line('web', '404', 5) +
        line('web-canary', '200', 7) +
        line('web-canary', '503', 3, ',response_flags="UH"'),
    );
    assert.deepEqual([stable.requests, stable.failed], [95, 0]);
    assert.deepEqual([canary.requests, canary.failed], [10, 3]);
  });

  const foreign: [name: string, page: string][] = [
    ['another Service', line('blog', '200', 9)],
    ['a Service of that name in another namespace', line('web', '200', 9).replaceAll('"shop"', '"blog"')],
    ['what a sidecar has received', line('web', '200', 9).replace('"source"', '"destination"')],
    ['a cluster of another namespace', cluster('web', '200', 9).replace('.shop.', '.blog.')],
    [
      'a class, which counts the same requests again',
      'envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="outbound|80||web.shop.svc.cluster.local"} 9\n',
    ],
    ['what a sidecar serves itself', cluster('web', '200', 9).replace('outbound', 'inbound')],
  ];
  for (const [name, page] of foreign) {
    it(`leave out ${name}`, () => assert.equal(counts(page).stable.requests, 0));
  }

  it('count a gRPC request as failed if the server is at fault, although its HTTP status is 200', () => {
    const status = (code: number, value: number) =>
      line('web-canary', '200', value, `,grpc_response_status="${code}"`);
    const { canary } = counts(status(0, 5) + status(5, 2) + status(14, 3) + status(13, 1));
    assert.deepEqual([canary.requests, canary.failed], [11, 4]);
  });

  it('have latencies in milliseconds', () => {
    const bucket = (le: string, value: number) =>
      `istio_request_duration_milliseconds_bucket{reporter="source",destination_service_name="web",destination_service_namespace="shop",response_code="200",le="${le}"} ${value}\n`;
    const { latency } = counts(line('web', '200', 9) + bucket('5', 4) + bucket('+Inf', 9)).stable;
    assert.deepEqual(latency, [
      { upToMs: 5, requests: 4 },
      { upToMs: Number.POSITIVE_INFINITY, requests: 9 },
    ]);
  });

  it('are those of Envoy’s clusters if Istio’s filter is switched off, with and without subsets', () => {
    const page =
      cluster('web', '200', 9) + cluster('web-canary', '200', 3) + cluster('web-canary', '500', 1, 'v1');
    const { stable, canary } = counts(page);
    assert.deepEqual([stable.requests, canary.requests, canary.failed], [9, 4, 1]);
    // the name of the tag, and the end of the cluster's name, as other versions have them
    const other = page.replaceAll('envoy_', '').replaceAll('cluster_upstream', 'envoy_cluster_upstream');
    assert.equal(counts(other.replaceAll('.local"', '.local;"')).canary.requests, 4);
  });

  it('are not counted twice if a gateway has both', () => {
    assert.equal(counts(line('web', '200', 9) + cluster('web', '200', 9)).stable.requests, 9);
  });

  it('begin again from 0 if the canary’s cluster had gone, and nothing is negative', () => {
    const reading = (page: string) => new Map([['uid', readGateway(page, SPLIT)]]);
    const grown = since(
      reading(cluster('web', '200', 90) + cluster('web-canary', '200', 50)),
      reading(cluster('web', '200', 95) + cluster('web-canary', '200', 2)),
    );
    assert.deepEqual([grown.stable.requests, grown.canary.requests], [5, 2]);
  });

  it('know a Service that had no request', () => {
    const page =
      'envoy_cluster_membership_total{envoy_cluster_name="outbound|80||web.shop.svc.cluster.local"} 4\n';
    assert.equal(knowsService(page, SPLIT), true);
    assert.equal(knowsService(page.replace('web', 'blog'), SPLIT), false);
  });
});
