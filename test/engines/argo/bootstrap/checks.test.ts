import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deploymentOf, ingressOf, serviceOf } from '../../../../e2e/app.ts';
import { analysisOf, type WantedChecks } from '../../../../src/engines/argo/bootstrap/checks.ts';
import { type Base, bootstrapObjects } from '../../../../src/engines/argo/bootstrap/objects.ts';
import type { Metric } from '../../../../src/engines/argo/rollout/types.ts';
import { PromoteError } from '../../../../src/errors.ts';
import { parseChecks } from '../../../../src/settings/checks/parse.ts';

const web = deploymentOf('1.0.0', 4);
const BASE = {
  deployment: { ...web, metadata: { ...web.metadata, namespace: 'shop' } },
  service: serviceOf('web', 'web'),
  ingresses: [ingressOf('web', 'shop.example.com', [['/', 'web']])],
  routes: [],
  steps: [{ kind: 'hold' }, { kind: 'weight', weight: 10, holdMs: 1000 }],
} as Partial<Base> as Base;
const PROMETHEUS = { url: 'http://prometheus:9090' };

function turn(check: unknown, over: Partial<WantedChecks> = {}, base: Base = BASE) {
  const text = typeof check === 'string' ? check : JSON.stringify(check);
  return analysisOf(base, {
    checks: parseChecks(text),
    prometheus: PROMETHEUS,
    router: 'nginx',
    ...over,
  });
}

function metric(check: unknown, over: Partial<WantedChecks> = {}): Metric {
  const found = turn(check, over)?.template.spec?.metrics[0];
  assert.ok(found);
  return found;
}

const BARE = { name: 'queue', query: 'sum(depth{pod=~"{{ pods }}"})' };
const QUERY = { ...BARE, max: 3 };
const THERE = 'len(result) == 1 && !isNaN(result[0]) && !isInf(result[0])';

describe('checks as an AnalysisTemplate', () => {
  it('are none where there are none', () => assert.equal(turn('[]'), undefined));

  it('are the metrics of one template, which the canary uses from the end of its first weight on', () => {
    const analysis = turn(QUERY);
    assert.equal(analysis?.template.metadata?.name, 'web-checks');
    assert.deepEqual(analysis?.template.spec?.args, [{ name: 'canary-hash' }]);
    assert.deepEqual(bootstrapObjects(BASE, analysis).rollout.spec?.strategy?.canary?.analysis, {
      templates: [{ templateName: 'web-checks' }],
      args: [{ name: 'canary-hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
      startingStep: 2,
    });
  });

  it('take no argument that no query has', () => {
    const analysis = turn('success-rate >= 99%');
    assert.equal(analysis?.template.spec?.args, undefined);
    assert.equal(analysis?.used.args, undefined);
  });

  it('are asked of the pods of the hash that the controller fills in', () => {
    const { provider } = metric({ ...QUERY, query: '{{ canary_pods }} / {{ stable_pods }}' });
    assert.equal(
      provider.prometheus?.query,
      'web-{{args.canary-hash}}-[bcdfghjklmnpqrstvwxz2456789]{5} / web-{{args.stable-hash}}-[bcdfghjklmnpqrstvwxz2456789]{5}',
    );
  });

  it('are counted on the canary Service, where ingress-nginx counts', () => {
    const { provider } = metric('success-rate >= 99.5%');
    assert.equal(provider.prometheus?.address, 'http://prometheus:9090');
    assert.match(provider.prometheus?.query ?? '', /ingress="web", canary=~"shop-web-canary-\[a-z0-9-\]\+"/);
    assert.match(
      metric('latency-p99 <= 500ms').provider.prometheus?.query ?? '',
      /1000 \* histogram_quantile\(0\.99/,
    );
  });

  const conditions: [what: string, check: unknown, wanted: Partial<Metric>][] = [
    [
      'waits for a value',
      QUERY,
      {
        successCondition: `${THERE} && result[0] <= 3`,
        failureCondition: `(len(result) > 1) || (${THERE} && !(result[0] <= 3))`,
        inconclusiveLimit: 2_147_483_647,
      },
    ],
    [
      'passes without one',
      { ...QUERY, min: 1, no_data: 'pass' },
      { failureCondition: `(len(result) > 1) || (${THERE} && !(result[0] >= 1 && result[0] <= 3))` },
    ],
    [
      'fails without one',
      { ...BARE, min: 1, no_data: 'fail' },
      { successCondition: `${THERE} && result[0] >= 1` },
    ],
    [
      'may fail twice',
      { ...BARE, min: 1, no_data: 'fail', failures: 2, interval: '30s' },
      { failureLimit: 2, interval: '30s' },
    ],
    ['asks an address', { url: 'http://web/health' }, { consecutiveErrorLimit: 0 }],
    [
      'reads a number of its answer',
      { url: 'http://web/health', json: '$.load[0]', max: 5 },
      {
        failureCondition: '!isNaN(asFloat(result)) && !isInf(asFloat(result)) && !(asFloat(result) <= 5)',
      },
    ],
  ];
  for (const [what, check, wanted] of conditions) {
    it(what, () => {
      const { name: _, provider: __, ...found } = metric(check);
      for (const [key, value] of Object.entries(wanted))
        assert.equal(found[key as keyof typeof found], value, key);
      const said = ['successCondition', 'failureCondition', 'inconclusiveLimit', 'failureLimit'] as const;
      if (typeof check === 'object' && check !== null && 'query' in check && !('failures' in check)) {
        assert.deepEqual(said.filter((key) => key in found).sort(), Object.keys(wanted).sort());
      }
    });
  }

  it('ask with headers and a path as the controller reads it', () => {
    const { provider } = metric({ url: 'http://web/health', json: '$.a.b', headers: { Host: 'shop' } });
    assert.deepEqual(provider.web, {
      url: 'http://web/health',
      timeoutSeconds: 5,
      headers: [{ key: 'Host', value: 'shop' }],
      jsonPath: '{$.a.b}',
    });
  });

  it('send the tenant along', () => {
    const { provider } = metric(QUERY, { prometheus: { ...PROMETHEUS, tenant: 'shop' } });
    assert.deepEqual(provider.prometheus?.headers, [{ key: 'X-Scope-OrgID', value: 'shop' }]);
  });

  it('are a Job under the restricted standard, told where the canary is', () => {
    const job = { image: 'checks:1', args: ['a'], env: { MODE: 'x' }, timeout: '90s' };
    const spec = metric({ name: 'smoke', job }).provider.job?.spec;
    const [container] = spec?.template.spec?.containers ?? [];
    assert.equal(spec?.activeDeadlineSeconds, 90);
    assert.equal(spec?.backoffLimit, 0);
    assert.equal(container?.image, 'checks:1');
    assert.deepEqual(container?.args, ['a']);
    assert.deepEqual(container?.env, [
      { name: 'CANARY_URL', value: 'http://web-canary.shop.svc:80' },
      { name: 'NAMESPACE', value: 'shop' },
      { name: 'WORKLOAD', value: 'web' },
      { name: 'MODE', value: 'x' },
    ]);
    assert.equal(spec?.template.metadata?.labels?.app, undefined, 'no Service of the workload selects it');
  });

  const refused: [what: string, check: unknown, over: Partial<WantedChecks>, why: RegExp][] = [
    ['a comparison', { ...QUERY, compare: 'stable' }, {}, /Check queue: it compares with stable/],
    ['slower', 'latency <= stable', {}, /Check latency: it compares with stable/],
    ['a series', { ...BARE, judge: 'mann-whitney' }, {}, /Check queue: it is judged as a series/],
    [
      'a path of a pod',
      { name: 'ready', path: '/ready', port: 8080 },
      {},
      /Check ready: it requests its `path`/,
    ],
    ['restarts', 'restarts <= 0', {}, /Check restarts: the controller does not count/],
    [
      'no Prometheus',
      'success-rate >= 99%',
      { prometheus: undefined },
      /success-rate: it needs `prometheus`/,
    ],
    [
      'a token',
      QUERY,
      { prometheus: { ...PROMETHEUS, bearer: 'x' } },
      /queue: the template would show the credentials/,
    ],
    [
      'a password',
      QUERY,
      { prometheus: { ...PROMETHEUS, basic: { username: 'a', password: 'b' } } },
      /queue: the template would show the credentials/,
    ],
    [
      'an authority',
      QUERY,
      { prometheus: { ...PROMETHEUS, ca: 'x' } },
      /queue: the controller does not support `prometheus_ca`/,
    ],
    ['another router', 'latency-p99 <= 1s', { router: 'istio' }, /latency-p99: the metrics of istio/],
    [
      'a header that is a secret',
      { url: 'http://web', headers: { Authorization: 'x' } },
      {},
      /http.*header Authorization/,
    ],
    ['another status', { url: 'http://web', status: 404 }, {}, /it expects status 404, but/],
    ['the time of an answer', { url: 'http://web', max: 3 }, {}, /does not measure the response time/],
    [
      'a filter',
      { url: 'http://web', json: '$..a', max: 3 },
      {},
      /reads `json: \$\.\.a` in another way; use only names and numbers/,
    ],
    [
      'the image of the release',
      { name: 'smoke', job: {} },
      {},
      /Check smoke: it has no `image`, .* the image of the release/,
    ],
  ];
  for (const [what, check, over, why] of refused) {
    it(`refuses ${what}, by name`, () => {
      assert.throws(() => turn(check, over), { code: 'check', message: why });
    });
  }

  it('refuses what counts users where no Ingress sends any', () => {
    const base = { ...BASE, ingresses: [] };
    assert.throws(() => turn('success-rate >= 99%', {}, base), /success-rate: no Ingress of ingress-nginx/);
  });

  it('names all that cannot be converted', () => {
    try {
      turn('restarts <= 0, latency <= stable, success-rate >= 99%');
      assert.fail('it was not refused');
    } catch (error) {
      assert.ok(error instanceof PromoteError);
      assert.deepEqual(error.message.match(/Check [a-z-]+:/g), ['Check restarts:', 'Check latency:']);
    }
  });
});
