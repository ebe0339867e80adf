import assert from 'node:assert/strict';
import type http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createPrometheus,
  outcomeOf,
  type PrometheusAccess,
} from '../../../src/analysis/source/prometheus.ts';
import { serve } from '../../cluster/helpers.ts';

const LIMITS = { timeoutMs: 5_000 };
/** Of 127.0.0.1, signed by itself, until 2125; it opens nothing but the server in this test. */
const CERT = `-----BEGIN CERTIFICATE-----
MIIBjjCCATSgAwIBAgIUIbGUly6UOGlp4Z3Ihmcp3Z8shJYwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIbG9vcGJhY2swIBcNMjYxMTI0MTUzMjQzWhgPMjEyNjEwMzEx
NTMyNDNaMBMxETAPBgNVBAMMCGxvb3BiYWNrMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEWURuR/v1olj+0VUpRvvbuTy1m2E4lzPrLFPvp+MM3OjKol2j0KqKuiTA
fzKwAZkxQrgLGffHpm7VRjDEyYFFe6NkMGIwHQYDVR0OBBYEFHgV65b/iWaPaqz+
iya0ZWpOegnRMB8GA1UdIwQYMBaAFHgV65b/iWaPaqz+iya0ZWpOegnRMA8GA1Ud
EwEB/wQFMAMBAf8wDwYDVR0RBAgwBocEfwAAATAKBggqhkjOPQQDAgNIADBFAiBB
NBbMPUSV2sTAiotXhGGXwRrGvhtuL5y7dkRRM3cFPwIhAMy0AsVQjwvoY1r+6B9h
Mq9vFinqxxoB7YPcTcha7QBm
-----END CERTIFICATE-----`;
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghMoC4COzpQ0SBgW4
ZqA7/XxhjziuQneLEAu5eruyw0ShRANCAARZRG5H+/WiWP7RVSlG+9u5PLWbYTiX
M+ssU++n4wzc6MqiXaPQqoq6JMB/MrABmTFCuAsZ98embtVGMMTJgUV7
-----END PRIVATE KEY-----`;

const vector = (...values: string[]) =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value, index) => ({
        metric: { pod: `web-${index}` },
        value: [1764000000.1, value],
      })),
    },
  });
const data = (resultType: string, result: unknown) =>
  JSON.stringify({ status: 'success', data: { resultType, result } });
const error = (errorType: string, text: string) =>
  JSON.stringify({ status: 'error', errorType, error: text });

describe('analysis/source/prometheus', () => {
  const outcomes: [what: string, status: number, body: string, kind: string, told?: number | RegExp][] = [
    ['a value', 200, vector('99.5'), 'value', 99.5],
    ['a value with exponent', 200, vector('1e-05'), 'value', 0.00001],
    ['zero', 200, vector('0'), 'value', 0],
    ['a scalar', 200, data('scalar', [1764000000, '3']), 'value', 3],
    ['no series', 200, vector(), 'no-value'],
    ['NaN', 200, vector('NaN'), 'not-a-number'],
    ['+Inf', 200, vector('+Inf'), 'not-a-number'],
    ['-Inf', 200, vector('-Inf'), 'not-a-number'],
    ['several series', 200, vector('1', '2', '3', '4'), 'several', /^4 series, .*"web-0".*"web-2"/],
    ['a wrong query', 400, error('bad_data', 'parse error: unexpected "}"'), 'refused', /^parse error/],
    [
      'a query that cannot be executed',
      422,
      error('execution', 'found duplicate series'),
      'refused',
      /duplicate/,
    ],
    ['no credentials', 401, '<html>Sign in</html>', 'refused', /^Prometheus answered 401$/],
    ['forbidden', 403, '{"message":"no"}', 'refused', /403/],
    ['a wrong address', 404, '404 page not found', 'refused', /404/],
    ['a way to a login', 302, '', 'refused', /302/],
    ['a failure said with 200', 200, error('execution', 'no org id'), 'refused', /no org id/],
    ['500', 500, error('internal', 'disk'), 'unavailable', /disk/],
    ['502 of a proxy', 502, '<html>Bad Gateway</html>', 'unavailable', /502/],
    ['503 at its start', 503, 'Service Unavailable', 'unavailable', /503/],
    [
      '503, too slow',
      503,
      error('timeout', 'query timed out in expression evaluation'),
      'timeout',
      /timed out/,
    ],
    ['a page', 200, '<html>Welcome</html>', 'not-prometheus', /not in JSON/],
    ['nothing', 200, '', 'not-prometheus', /not in JSON/],
    ['null', 200, 'null', 'not-prometheus', /not in JSON/],
    ['another JSON', 200, '{"ok":true}', 'not-prometheus', /gives no result/],
    ['a range', 200, data('matrix', []), 'not-prometheus', /a matrix/],
    ['a string', 200, data('string', [1, 'x']), 'not-prometheus', /a string/],
    [
      'a native histogram',
      200,
      data('vector', [{ metric: {}, histogram: [1, {}] }]),
      'not-prometheus',
      /no number/,
    ],
    ['a number that is none', 200, vector('12 apples'), 'not-prometheus', /no number/],
    ['an empty number', 200, vector(''), 'not-prometheus', /no number/],
    ['a null series', 200, data('vector', [null]), 'not-prometheus', /no number/],
    ['a result that is no list', 200, data('vector', { length: 1 }), 'not-prometheus'],
  ];
  for (const [what, status, body, kind, told] of outcomes) {
    it(`has an outcome for ${what}: ${kind}`, () => {
      const outcome = outcomeOf(status, body);
      assert.equal(outcome.kind, kind);
      if (typeof told === 'number') assert.equal('value' in outcome && outcome.value, told);
      else if (told) assert.match('message' in outcome ? outcome.message : '', told);
    });
  }

  it('has an outcome for any JSON, and a value only for a finite number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.json(), fc.json(), (status, whole, part) => {
        for (const body of [whole, `{"status":"success","data":{"resultType":"vector","result":${part}}}`]) {
          const outcome = outcomeOf(status, body);
          if (outcome.kind === 'value') assert.ok(Number.isFinite(outcome.value) && status < 300);
        }
      }),
    );
  });

  it('shows no more than a few lines of what a server says', () => {
    const outcome = outcomeOf(400, error('bad_data', 'x'.repeat(100_000)));
    assert.ok('message' in outcome && outcome.message.length <= 300);
    const several = outcomeOf(200, vector(...Array.from({ length: 10_000 }, () => '1')));
    assert.ok('message' in several && several.message.length <= 300);
  });

  describe('asks', () => {
    const accesses: [
      what: string,
      access: Omit<PrometheusAccess, 'url'>,
      headers: http.IncomingHttpHeaders,
    ][] = [
      ['without credentials', {}, { authorization: undefined, 'x-scope-orgid': undefined }],
      ['with a bearer token', { bearer: 't0k3n' }, { authorization: 'Bearer t0k3n' }],
      [
        'with a user',
        { basic: { username: 'ci', password: 'a:b' } },
        { authorization: `Basic ${Buffer.from('ci:a:b').toString('base64')}` },
      ],
      [
        'for a tenant',
        { tenant: 'shop', bearer: 'x' },
        { authorization: 'Bearer x', 'x-scope-orgid': 'shop' },
      ],
    ];
    for (const [what, access, headers] of accesses) {
      it(what, async (t) => {
        let [asked, form, sent]: [string, URLSearchParams, http.IncomingHttpHeaders] = [
          '',
          new URLSearchParams(),
          {},
        ];
        const url = await serve(t, async (request, response) => {
          let text = '';
          for await (const chunk of request) text += chunk;
          [asked, form, sent] = [
            `${request.method} ${request.url}`,
            new URLSearchParams(text),
            request.headers,
          ];
          response.end(vector('5'));
        });
        const prometheus = createPrometheus({ url: `${url}/prometheus/`, ...access });
        assert.deepEqual(await prometheus.query('sum(rate(a{b="+ &%"}[1m]))', LIMITS), {
          kind: 'value',
          value: 5,
        });
        assert.equal(asked, 'POST /prometheus/api/v1/query');
        assert.equal(form.get('query'), 'sum(rate(a{b="+ &%"}[1m]))');
        assert.equal(form.get('timeout'), '5s');
        assert.equal(sent['content-type']?.split(';')[0], 'application/x-www-form-urlencoded');
        for (const [name, value] of Object.entries(headers)) assert.equal(sent[name], value, name);
      });
    }
  });

  it('trusts the authority that is given, and no other', async (t) => {
    const server = https.createServer({ cert: CERT, key: KEY }, (_, response) => response.end(vector('5')));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    assert.deepEqual(await createPrometheus({ url, ca: CERT }).query('up', LIMITS), {
      kind: 'value',
      value: 5,
    });
    const outcome = await createPrometheus({ url }).query('up', LIMITS);
    assert.equal(outcome.kind, 'unavailable');
    assert.match('message' in outcome ? outcome.message : '', /self-signed certificate/);
  });

  describe('has an outcome where no answer comes', () => {
    it('a server that is not there, without the password of its address', async () => {
      const outcome = await createPrometheus({ url: 'http://ci:s3cret@127.0.0.1:1' }).query('up', LIMITS);
      assert.equal(outcome.kind, 'unavailable');
      assert.match('message' in outcome ? outcome.message : '', /ECONNREFUSED/);
      assert.doesNotMatch(JSON.stringify(outcome), /s3cret/);
    });

    it('an address that is none', async () => {
      assert.equal(
        (await createPrometheus({ url: 'prometheus:9090' }).query('up', LIMITS)).kind,
        'unavailable',
      );
    });

    it('a server that is silent, or drips', async (t) => {
      const url = await serve(t, (request, response) => {
        if (request.url?.startsWith('/silent')) return;
        const drip = setInterval(() => response.write(' '), 5);
        t.after(() => clearInterval(drip));
      });
      for (const path of ['/silent', '/drip']) {
        const outcome = await createPrometheus({ url: url + path }).query('up', { timeoutMs: 40 });
        assert.deepEqual(outcome, { kind: 'timeout', message: 'Prometheus did not answer within 40 ms' });
      }
    });

    it('an answer that breaks off', async (t) => {
      const url = await serve(t, (_, response) => {
        response.writeHead(200, { 'Content-Length': '1000' });
        response.write(vector('5'), () => response.destroy());
      });
      assert.equal((await createPrometheus({ url }).query('up', LIMITS)).kind, 'unavailable');
    });

    it('a step that is told to stop', async (t) => {
      const url = await serve(t, () => {});
      const outcome = await createPrometheus({ url }).query('up', { ...LIMITS, signal: AbortSignal.abort() });
      assert.equal(outcome.kind, 'unavailable');
    });

    it('a redirect: it is not followed, so that no credentials go elsewhere', async (t) => {
      const asked: (string | undefined)[] = [];
      const url = await serve(t, (request, response) => {
        asked.push(request.url);
        response.writeHead(307, { Location: '/elsewhere' }).end();
      });
      assert.equal((await createPrometheus({ url, bearer: 'x' }).query('up', LIMITS)).kind, 'refused');
      assert.deepEqual(asked, ['/api/v1/query']);
    });
  });
});
