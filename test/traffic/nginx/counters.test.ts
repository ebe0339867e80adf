import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { since, total } from '../../../src/analysis/source/counts.ts';
import { type IngressSelection, readController } from '../../../src/traffic/nginx/counters.ts';

const SPLIT: IngressSelection = {
  namespace: 'shop',
  ingresses: ['web', 'web-api'],
  stableServices: ['web'],
  canaryServices: ['web-canary'],
};

/** A line as the controller writes it: labels in alphabetical order, those of the controller among them. */
function line(name: string, labels: Record<string, string>, value: number | string): string {
  const all = {
    canary: '',
    controller_class: 'k8s.io/ingress-nginx',
    controller_namespace: 'ingress-nginx',
    controller_pod: 'ingress-nginx-controller-7d4c',
    host: 'shop.example.com',
    ingress: 'web',
    method: 'GET',
    namespace: 'shop',
    path: '/',
    service: 'web',
    ...labels,
  };
  return `${name}{${Object.entries(all).map(([key, text]) => `${key}="${text}"`)}} ${value}`;
}
const requests = (labels: Record<string, string>, value: number | string) =>
  line('nginx_ingress_controller_requests', labels, value);
const bucket = (labels: Record<string, string>, value: number) =>
  line('nginx_ingress_controller_request_duration_seconds_bucket', labels, value);
const CANARY = { canary: 'shop-web-canary-80' };

function read(...lines: string[]) {
  return total(new Map([['a', readController(`${lines.join('\n')}\n`, SPLIT)]]));
}

describe('traffic/nginx/counters', () => {
  it('tells stable and canary apart, and adds up methods, paths and Ingresses', () => {
    const { stable, canary, baseline } = read(
      '# TYPE nginx_ingress_controller_requests counter',
      requests({ status: '200' }, 900),
      requests({ status: '200', method: 'POST', path: '/cart' }, 50),
      requests({ status: '200', ingress: 'web-api' }, 7),
      requests({ status: '503' }, 3),
      requests({ status: '200', ...CANARY }, 90),
      requests({ status: '502', ...CANARY }, 10),
      requests({ status: '504', ingress: 'web-api', ...CANARY }, 1),
    );
    assert.deepEqual([stable.requests, stable.failed], [960, 3]);
    assert.deepEqual([canary.requests, canary.failed], [101, 11]);
    assert.equal(baseline.requests, 0);
  });

  it('counts 5xx as failed, and nothing else', () => {
    const statuses = ['101', '200', '301', '404', '429', '499', '500', '599', '5xx', '2xx', '009', ''];
    const { stable } = read(...statuses.map((status) => requests({ status }, 1)));
    assert.deepEqual(stable, {
      requests: 12,
      failed: 3,
      byClass: { '1xx': 1, '2xx': 2, '3xx': 1, '4xx': 3, '5xx': 3, other: 2 },
      latency: [],
    });
  });

  const canaries: [canary: string, side: 'stable' | 'canary' | undefined][] = [
    ['', 'stable'],
    ['-', 'stable'],
    ['shop-web-canary-80', 'canary'],
    ['shop-web-canary-http', 'canary'],
    ['shop-web-canary-http-web', 'canary'],
    ['shop-web-canary-', undefined],
    ['shop-web-canary', undefined],
    ['shop-web-80', undefined],
    ['other-web-canary-80', undefined],
    ['shop-blue-80', undefined],
  ];
  for (const [canary, side] of canaries) {
    it(`takes the upstream "${canary}" for ${side ?? 'another canary’s'}`, () => {
      const counts = read(requests({ status: '200', canary }, 5));
      assert.equal(counts.stable.requests, side === 'stable' ? 5 : 0);
      assert.equal(counts.canary.requests, side === 'canary' ? 5 : 0);
    });
  }

  it('leaves out other namespaces, Ingresses, Services and metrics', () => {
    const { stable, canary } = read(
      requests({ status: '200', namespace: 'other' }, 1),
      requests({ status: '200', ingress: 'blog' }, 1),
      requests({ status: '200', service: 'web-static' }, 1),
      requests({ status: '200', namespace: 'other', ...CANARY }, 1),
      requests({ status: 'NaN' }, 'NaN'),
      line('nginx_ingress_controller_requests_total', { status: '200' }, 1),
      'nginx_ingress_controller_requests 1',
    );
    assert.deepEqual([stable.requests, canary.requests], [0, 0]);
  });

  it('adds up the histogram of the whole request, in milliseconds', () => {
    const { stable, canary } = read(
      bucket({ le: '0.005', status: '200' }, 1),
      bucket({ le: '1.005', status: '200' }, 5),
      bucket({ le: '+Inf', status: '200' }, 6),
      bucket({ le: '0.005', status: '500' }, 0),
      bucket({ le: '1.005', status: '500' }, 2),
      bucket({ le: '+Inf', status: '500' }, 4),
      bucket({ le: '0.005', ...CANARY }, 3),
      bucket({ le: '1.005', ...CANARY }, 3),
      bucket({ le: '+Inf', ...CANARY }, 3),
      bucket({ le: 'x' }, 3),
      line('nginx_ingress_controller_response_duration_seconds_bucket', { le: '0.005' }, 100),
    );
    assert.deepEqual(stable.latency, [
      { upToMs: 5, requests: 1 },
      { upToMs: 1005, requests: 7 },
      { upToMs: Number.POSITIVE_INFINITY, requests: 10 },
    ]);
    assert.equal(canary.latency.at(0)?.requests, 3);
    assert.equal(stable.requests, 0, 'a bucket is no request more');
  });

  it('knows a controller that began anew, also where it has counted more meanwhile', () => {
    const at = (started: number, value: number) =>
      new Map([
        [
          'a',
          readController(
            `process_start_time_seconds ${started}\n${requests({ status: '200' }, value)}`,
            SPLIT,
          ),
        ],
      ]);
    assert.equal(since(at(1.7641e9, 100), at(1.7641e9, 150)).stable.requests, 50);
    assert.equal(since(at(1.7641e9, 100), at(1.7641e9 + 60, 150)).stable.requests, 150);
  });

  it('reads a page of the real controller (from the lab, shortened)', () => {
    const page = readFileSync(new URL('ingress-nginx-page.txt', import.meta.url), 'utf8');
    const replica = readController(page, { ...SPLIT, namespace: 'fault-18' });
    assert.equal(replica.startedAt, Number(/^process_start_time_seconds (.*)$/m.exec(page)?.[1]));
    const { stable, canary } = total(new Map([['a', replica]]));
    assert.deepEqual([stable.requests, stable.failed, canary.requests, canary.failed], [1195, 0, 1173, 0]);
    assert.deepEqual(
      canary.latency.map(({ upToMs }) => upToMs),
      [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, Number.POSITIVE_INFINITY],
    );
    assert.deepEqual([stable.latency.at(-1)?.requests, canary.latency.at(-1)?.requests], [1195, 1173]);
  });
});
