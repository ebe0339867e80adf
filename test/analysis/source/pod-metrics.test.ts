import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Pod } from 'kubernetes-types/core/v1';
import { total } from '../../../src/analysis/source/counts.ts';
import {
  detectCounter,
  ownPaths,
  type PodPage,
  podTarget,
  type RequestCounter,
  readPods,
} from '../../../src/analysis/source/pod-metrics.ts';

const page = (text: string, side: PodPage['side'] = 'canary', key: string = side): PodPage => ({
  key,
  side,
  text,
  ownPaths: ['/metrics', '/healthz'],
});

function pod(annotations: Record<string, string>, containerPort?: number): Pod {
  return {
    metadata: { name: 'web-1', namespace: 'shop', uid: 'u1', annotations },
    spec: { containers: [{ name: 'app', ...(containerPort ? { ports: [{ containerPort }] } : {}) }] },
  };
}

describe('analysis/source/pod-metrics', () => {
  describe('podTarget', () => {
    const scrape = { 'prometheus.io/scrape': 'true' };
    const table: [what: string, pod: Pod, port: number | undefined, expected: string | undefined][] = [
      ['no annotations', pod({}, 8080), undefined, undefined],
      ['scrape off', pod({ 'prometheus.io/scrape': 'false' }, 8080), undefined, undefined],
      ['scrape alone: the first port', pod(scrape, 8080), undefined, '8080/metrics'],
      ['scrape alone, no port', pod(scrape), undefined, undefined],
      ['port', pod({ ...scrape, 'prometheus.io/port': '9102' }, 8080), undefined, '9102/metrics'],
      [
        'path',
        pod({ ...scrape, 'prometheus.io/path': '/actuator/prometheus' }, 80),
        undefined,
        '80/actuator/prometheus',
      ],
      ['a port that is given', pod({ ...scrape, 'prometheus.io/port': '9102' }, 8080), 9000, '9000/metrics'],
      ['a port that is given, no annotations', pod({}), 9000, '9000/metrics'],
      ['TLS', pod({ ...scrape, 'prometheus.io/scheme': 'https' }, 8443), undefined, undefined],
      ['a port that is none', pod({ ...scrape, 'prometheus.io/port': '80/../x' }), undefined, undefined],
      ['a port out of range', pod({ ...scrape, 'prometheus.io/port': '99999' }), undefined, undefined],
    ];
    for (const [what, of, port, expected] of table) {
      it(what, () => {
        const target = podTarget(of, port);
        assert.equal(target && `${target.port}${target.path}`, expected);
        if (target) assert.deepEqual([target.key, target.namespace, target.pod], ['u1', 'shop', 'web-1']);
      });
    }
  });

  it('knows on which paths machines ask', () => {
    const given = pod({ 'prometheus.io/scrape': 'true', 'prometheus.io/path': '/m?all=1' }, 80);
    const probed: Pod = {
      ...given,
      spec: {
        containers: [
          {
            name: 'app',
            livenessProbe: { httpGet: { path: '/live', port: 80 } },
            readinessProbe: { httpGet: { path: '/ready?deep=1', port: 80 } },
            startupProbe: { tcpSocket: { port: 80 } },
          },
        ],
      },
    };
    const target = podTarget(given);
    assert.ok(target);
    assert.deepEqual(ownPaths(probed, target), ['/m', '/live', '/ready']);
  });

  describe('detectCounter', () => {
    const table: [
      what: string,
      lines: string[],
      counter: string | undefined,
      label?: string,
      buckets?: string,
    ][] = [
      ['plain', ['http_requests_total{code="200"} 1'], 'http_requests_total', 'code'],
      ['label status', ['http_requests_total{method="GET",status="200"} 1'], 'http_requests_total', 'status'],
      [
        'Spring Boot: status before outcome',
        ['http_server_requests_seconds_count{outcome="SUCCESS",status="200",uri="/"} 1'],
        'http_server_requests_seconds_count',
        'status',
      ],
      [
        'a histogram, with its buckets',
        [
          'http_request_duration_seconds_bucket{code="200",le="1"} 1',
          'http_request_duration_seconds_count{code="200"} 1',
        ],
        'http_request_duration_seconds_count',
        'code',
        'http_request_duration_seconds_bucket',
      ],
      [
        'OpenTelemetry',
        ['http_server_request_duration_seconds_count{http_response_status_code="200"} 1'],
        'http_server_request_duration_seconds_count',
        'http_response_status_code',
      ],
      [
        'a counter beside a histogram: one of them, once',
        [
          'http_requests_total{code="200"} 5',
          'http_request_duration_seconds_count{code="200"} 5',
          'http_request_duration_seconds_bucket{code="200",le="1"} 5',
        ],
        'http_requests_total',
        'code',
        'http_request_duration_seconds_bucket',
      ],
      [
        'a label that tells failures before a name that comes first',
        ['http_requests_total 5', 'http_request_duration_seconds_count{status_code="200"} 5'],
        'http_request_duration_seconds_count',
        'status_code',
      ],
      ['a counter without a label', ['http_requests_total{method="GET"} 5'], 'http_requests_total'],
      [
        'gRPC, with its own histogram',
        [
          'grpc_server_handled_total{grpc_code="OK"} 5',
          'http_request_duration_seconds_bucket{le="1"} 5',
          'grpc_server_handling_seconds_bucket{le="1"} 5',
        ],
        'grpc_server_handled_total',
        'grpc_code',
        'grpc_server_handling_seconds_bucket',
      ],
      ['the counter of scrapes: none', ['promhttp_metric_handler_requests_total{code="200"} 5'], undefined],
      ['nothing', ['go_goroutines 5'], undefined],
    ];
    for (const [what, lines, counter, label, buckets] of table) {
      it(what, () => {
        const found = detectCounter([page(''), page(lines.join('\n'), 'stable')]);
        assert.equal(found?.counter, counter);
        assert.equal(found?.label, label);
        assert.equal(found?.buckets?.name, buckets);
      });
    }
  });

  describe('readPods', () => {
    const HTTP: RequestCounter = { counter: 'http_requests_total', label: 'code' };

    it('sums over the pods of each side', () => {
      const reading = readPods(
        [
          page('http_requests_total{code="200"} 10\nhttp_requests_total{code="500"} 1', 'stable', 'a'),
          page('http_requests_total{code="200"} 20', 'stable', 'b'),
          page('http_requests_total{code="200"} 5\nhttp_requests_total{code="503"} 5', 'canary', 'c'),
          page('http_requests_total{code="404"} 3', 'baseline', 'd'),
        ],
        HTTP,
      );
      const { stable, canary, baseline } = total(reading);
      assert.deepEqual([stable.requests, stable.failed], [31, 1]);
      assert.deepEqual([canary.requests, canary.failed], [10, 5]);
      assert.deepEqual([baseline.requests, baseline.failed], [3, 0]);
    });

    const endings: [value: string, failed: boolean, statusClass: string][] = [
      ['200', false, '2xx'],
      ['404', false, '4xx'],
      ['500', true, '5xx'],
      ['5xx', true, '5xx'],
      ['2XX', false, '2xx'],
      ['SUCCESS', false, '2xx'],
      ['CLIENT_ERROR', false, '4xx'],
      ['SERVER_ERROR', true, '5xx'],
      ['UNKNOWN', true, 'other'],
      ['OK', false, '2xx'],
      ['NotFound', false, 'other'],
      ['Unavailable', true, 'other'],
      ['DeadlineExceeded', true, 'other'],
      ['error', true, 'other'],
      ['constructor', false, 'other'],
      ['', false, 'other'],
    ];
    for (const [value, failed, statusClass] of endings) {
      it(`takes "${value}" for ${failed ? 'a failure' : 'no failure'}`, () => {
        const { canary } = total(readPods([page(`http_requests_total{code="${value}"} 2`)], HTTP));
        assert.deepEqual([canary.requests, canary.failed], [2, failed ? 2 : 0]);
        assert.equal(Object.entries(canary.byClass).find(([, count]) => count > 0)?.[0], statusClass);
      });
    }

    it('takes the user’s word for what failure is', () => {
      const own = { counter: 'jobs_total', label: 'end', failures: ['lost'] };
      const text = 'jobs_total{end="lost"} 2\njobs_total{end="error"} 3\njobs_total{end="500"} 4';
      const { canary } = total(readPods([page(text)], own));
      assert.deepEqual([canary.requests, canary.failed], [9, 2]);
    });

    it('leaves out what machines ask for', () => {
      const text = ['/', '/metrics', '/healthz'].map(
        (path) => `http_requests_total{code="200",path="${path}"} 3`,
      );
      assert.equal(total(readPods([page(text.join('\n'))], HTTP)).canary.requests, 3);
      const uri = 'http_requests_total{code="200",uri="/healthz"} 3';
      assert.equal(total(readPods([page(uri)], HTTP)).canary.requests, 0);
    });

    it('reads buckets in their unit', () => {
      const text = 'd_bucket{le="0.25"} 3\nd_bucket{le="+Inf"} 4';
      const bounds = (msPerUnit: number) =>
        total(
          readPods([page(text)], { ...HTTP, buckets: { name: 'd_bucket', msPerUnit } }),
        ).canary.latency.map(({ upToMs }) => upToMs);
      assert.deepEqual(bounds(1000), [250, Number.POSITIVE_INFINITY]);
      assert.deepEqual(bounds(1), [0.25, Number.POSITIVE_INFINITY]);
    });
  });
});
