import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  escapeRegex,
  escapeString,
  fillIn,
  latencyQuantile,
  podPattern,
  type QueryVariables,
  successRate,
} from '../../../src/analysis/source/queries.ts';
import { canaryName, LONGEST_POD_OWNER } from '../../../src/workload/names.ts';

const VARIABLES: QueryVariables = {
  namespace: 'shop',
  workload: 'web-canary',
  pods: podPattern('web-canary'),
  canary_pods: podPattern('web-canary'),
  stable_pods: podPattern('web'),
  service: 'web',
  ingress: 'web',
  window: '30s',
};

describe('analysis/source/queries', () => {
  it('builds a success rate that is 0 where everything fails, and nothing where nothing is asked', () => {
    const all =
      'sum (rate(istio_requests_total{reporter="destination", destination_workload_namespace="shop", destination_workload="web-canary"}[30s]))';
    const failed =
      'sum (rate(istio_requests_total{reporter="destination", destination_workload_namespace="shop", destination_workload="web-canary", response_code=~"5.*|0"}[30s]))';
    assert.equal(
      successRate({ router: 'istio', side: 'canary' }, VARIABLES),
      `100 * (${all} - (${failed} or vector(0))) / ${all}`,
    );
  });

  const quantiles: [router: Parameters<typeof latencyQuantile>[0]['router'], expected: string][] = [
    [
      'istio',
      'histogram_quantile(0.99, sum by (le) (rate(istio_request_duration_milliseconds_bucket{reporter="destination", destination_workload_namespace="shop", destination_workload="web-canary"}[30s])))',
    ],
    [
      'nginx',
      '1000 * histogram_quantile(0.99, sum by (le) (rate(nginx_ingress_controller_request_duration_seconds_bucket{namespace="shop", exported_namespace="", ingress="web", canary=~"shop-web-[a-z0-9-]+"}[30s]) or rate(nginx_ingress_controller_request_duration_seconds_bucket{exported_namespace="shop", ingress="web", canary=~"shop-web-[a-z0-9-]+"}[30s])))',
    ],
    [
      'envoy-gateway',
      'histogram_quantile(0.99, sum by (le) (rate(envoy_cluster_upstream_rq_time_bucket{envoy_cluster_name=~"httproute/shop/web/rule/[0-9]+/backend/1"}[30s])))',
    ],
    [
      'traefik',
      '1000 * histogram_quantile(0.99, sum by (le) (rate(traefik_service_request_duration_seconds_bucket{service=~"shop-web-(http-)?[a-z0-9]+@kubernetes[a-z]*"}[30s])))',
    ],
    [
      'linkerd',
      'histogram_quantile(0.99, sum by (le) (rate(response_latency_ms_bucket{namespace="shop", deployment="web-canary", direction="inbound"}[30s])))',
    ],
  ];
  for (const [router, expected] of quantiles) {
    it(`builds a quantile for ${router}, in milliseconds`, () => {
      assert.equal(latencyQuantile({ router, side: 'canary' }, VARIABLES, 0.99), expected);
    });
  }

  it('refuses a quantile that is none', () => {
    for (const q of [0, 1, 99, Number.NaN]) {
      assert.throws(
        () => latencyQuantile({ router: 'istio', side: 'canary' }, VARIABLES, q),
        /between 0 and 1/,
      );
    }
  });

  it('tells the pods of a Deployment from those of another', () => {
    const matches = (pattern: string, pod: string) => new RegExp(`^(?:${pattern})$`).test(pod);
    assert.ok(matches(VARIABLES.stable_pods, 'web-79724cb62f-ppppc'));
    assert.ok(!matches(VARIABLES.stable_pods, 'web-canary-79724cb62f-ppppc'));
    assert.ok(matches(VARIABLES.canary_pods, 'web-canary-79724cb62f-ppppc'));
    assert.ok(!matches(podPattern('a.b'), 'axb-79724cb62f-ppppc'));
    // pods of a StatefulSet, a DaemonSet and a Job
    for (const pod of ['web-worker-0', 'web-agent-ppppc', 'web-migrate-ppppc']) {
      assert.ok(!matches(VARIABLES.stable_pods, pod), pod);
    }
  });

  it('knows the pods of a long name, which the API server cuts', () => {
    const matches = (pattern: string, pod: string) => new RegExp(`^(?:${pattern})$`).test(pod);
    for (const length of [45, 46, 47, 50, 56, 57, 58, 63, 80]) {
      const name = 'a'.repeat(length);
      const pod = `${`${name}-79724cb62f-`.slice(0, 58)}ppppc`;
      assert.ok(matches(podPattern(name), pod), pod);
      const canary = canaryName(name, LONGEST_POD_OWNER);
      const ofCanary = `${canary}-79724cb62f-ppppc`;
      assert.ok(ofCanary.length <= 63 && !matches(podPattern(name), ofCanary), ofCanary);
      assert.ok(matches(podPattern(canary), ofCanary), ofCanary);
    }
  });

  it('does not take the service web-canary for a port of web (Traefik)', () => {
    const [, pattern = ''] =
      /service=~"([^"]+)"/.exec(successRate({ router: 'traefik', side: 'stable' }, VARIABLES)) ?? [];
    const matches = (service: string) => new RegExp(`^(?:${pattern})$`).test(service);
    for (const service of [
      'shop-web-80@kubernetes',
      'shop-web-http@kubernetescrd',
      'shop-web-http-80@kubernetesgateway',
    ]) {
      assert.ok(matches(service), service);
    }
    for (const service of [
      'shop-web-canary-80@kubernetes',
      'shop-web-80@docker',
      'workshop-web-80@kubernetes',
    ]) {
      assert.ok(!matches(service), service);
    }
  });

  describe('fillIn', () => {
    it('fills in variables, and leaves braces of PromQL alone', () => {
      assert.equal(
        fillIn('sum(rate(x{pod=~"{{ canary_pods }}",n="{{namespace}}"}[{{window}}]))', VARIABLES),
        `sum(rate(x{pod=~"${podPattern('web-canary')}",n="shop"}[30s]))`,
      );
      assert.equal(fillIn('x{a="b"}', VARIABLES), 'x{a="b"}');
    });

    it('lets no value out of its string', () => {
      const filled = fillIn('x{n="{{ namespace }}"}', { ...VARIABLES, namespace: 'a"} or vector(1) #\\\n' });
      assert.equal(filled, 'x{n="a\\"} or vector(1) #\\\\\\n"}');
    });

    for (const name of ['podd', 'constructor', '__proto__', '']) {
      it(`tells that there is no variable "${name}", and which there are`, () => {
        assert.throws(
          () => fillIn(`x{{ ${name} }}`, VARIABLES),
          (error) => {
            assert.ok(error instanceof Error && 'hint' in error);
            assert.match(
              String(error.hint),
              /namespace, workload, pods, canary_pods, stable_pods, service, ingress, window/,
            );
            return true;
          },
        );
      });
    }
  });

  it('escapes', () => {
    assert.equal(escapeString('a"b\\c\nd'), 'a\\"b\\\\c\\nd');
    for (const text of ['a.b*c', 'x^y$z', '(a|b)[c]{1}\\d+?', 'web-1']) {
      const pattern = escapeRegex(text);
      assert.ok(new RegExp(`^(?:${pattern})$`).test(text), pattern);
    }
    assert.ok(!/\\/.test(escapeRegex('a.b-c')));
  });
});
