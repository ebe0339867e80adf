import assert from 'node:assert/strict';
import type http from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { checkHttp, type HttpCheck } from '../../../src/analysis/source/http.ts';
import { serve } from '../../cluster/helpers.ts';

/** Each look at the time is 7 ms later. */
function tickingClock() {
  let now = 0;
  return { now: () => 0, sleep: async () => {}, monotonic: () => (now += 7) };
}

async function check(
  t: TestContext,
  answer: http.RequestListener,
  given: Partial<HttpCheck> = {},
  signal?: AbortSignal,
) {
  const url = await serve(t, answer);
  return checkHttp({ url, timeoutMs: 5_000, ...given }, tickingClock(), signal);
}
const json = (body: unknown) => (_: unknown, response: http.ServerResponse) =>
  void response.end(JSON.stringify(body));

describe('analysis/source/http', () => {
  it('asks as it is told, and measures the time', async (t) => {
    let [asked, header, agent]: (string | string[] | undefined)[] = [];
    const outcome = await check(
      t,
      (request, response) => {
        asked = `${request.method} ${request.url}`;
        header = request.headers['x-canary'];
        agent = request.headers['user-agent'];
        response.end('ok');
      },
      { method: 'HEAD', headers: { 'X-Canary': 'always' } },
    );
    assert.deepEqual(outcome, { kind: 'value', value: undefined, status: 200, ms: 7 });
    assert.deepEqual([asked, header, agent], ['HEAD /', 'always', 'drone-promote']);
  });

  const statuses: [answered: number, expected: number[] | undefined, kind: string, message?: RegExp][] = [
    [200, undefined, 'value'],
    [204, undefined, 'value'],
    [302, undefined, 'failure', /^answered 302, expected 2xx$/],
    [404, undefined, 'failure'],
    [500, undefined, 'failure'],
    [302, [301, 302], 'value'],
    [200, [301, 302], 'failure', /^answered 200, expected 301 or 302$/],
    [500, [500], 'value'],
  ];
  for (const [answered, expected, kind, message] of statuses) {
    it(`takes ${answered} for a ${kind}, where ${expected?.join() ?? 'nothing'} is expected`, async (t) => {
      const outcome = await check(
        t,
        (request, response) => {
          assert.equal(request.url, '/', 'a redirect is not followed');
          response.writeHead(answered, { Location: '/elsewhere' }).end();
        },
        expected ? { status: expected } : {},
      );
      assert.equal(outcome.kind, kind);
      if (message) assert.match('message' in outcome ? outcome.message : '', message);
    });
  }

  const body = {
    rate: 99.5,
    text: '12.5',
    word: 'up',
    yes: true,
    none: null,
    list: [1, 2],
    checks: [
      { n: 'db', ms: 3 },
      { n: 'mq', ms: 9 },
    ],
  };
  const paths: [path: string, expected: number | string | boolean | RegExp][] = [
    ['$.rate', 99.5],
    ['$.text', 12.5],
    ['$.word', 'up'],
    ['$.yes', true],
    ['$.list[1]', 2],
    ['$.checks[?(@.n == "mq")].ms', 9],
    ['$.checks.length', 2],
    ['$.missing', /selects no values/],
    ['$.checks[*].ms', /selects 2 values/],
    ['$.list', /selects an object/],
    ['$.none', /selects null/],
    ['$.checks[?(((]', /cannot be read/],
  ];
  for (const [path, expected] of paths) {
    it(`selects ${path}`, async (t) => {
      const outcome = await check(t, json(body), { jsonPath: path });
      if (expected instanceof RegExp) {
        assert.equal(outcome.kind, 'failure');
        assert.match('message' in outcome ? outcome.message : '', expected);
      } else assert.deepEqual(outcome, { kind: 'value', value: expected, status: 200, ms: 7 });
    });
  }

  it('runs no program that stands in a path', async (t) => {
    const jsonPath = '$.checks[?(@.constructor.constructor("globalThis.hasRun = true")())]';
    assert.equal((await check(t, json(body), { jsonPath })).kind, 'failure');
    assert.equal('hasRun' in globalThis, false);
  });

  const bodies: [what: string, body: string][] = [
    ['a page', '<html></html>'],
    ['nothing', ''],
    ['JSON that breaks off', '{"a":'],
    ['JSON that is deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['a word', '"x"'],
    ['null', 'null'],
  ];
  for (const [what, text] of bodies) {
    it(`takes ${what} in place of the value for a failure`, async (t) => {
      const outcome = await check(t, (_, response) => void response.end(text), { jsonPath: '$..a' });
      assert.equal(outcome.kind, 'failure');
    });
  }

  describe('has an error where nothing was measured', () => {
    const answers: [what: string, answer: (response: http.ServerResponse) => void][] = [
      ['a connection that breaks', (response) => response.destroy()],
      [
        'an answer that breaks off',
        (response) => response.writeHead(200, { 'Content-Length': '9' }).write('x', () => response.destroy()),
      ],
      ['a body above 1 MB', (response) => response.end('x'.repeat(2 ** 20 + 1))],
    ];
    for (const [what, answer] of answers) {
      it(what, async (t) => {
        const outcome = await check(t, (_, response) => void answer(response));
        assert.equal(outcome.kind, 'error');
        assert.notEqual('message' in outcome && outcome.message, '');
      });
    }

    it('a server that is silent, or drips', async (t) => {
      for (const silent of [true, false]) {
        const outcome = await check(
          t,
          (_, response) => {
            if (silent) return;
            const drip = setInterval(() => response.write(' '), 5);
            t.after(() => clearInterval(drip));
          },
          { timeoutMs: 40 },
        );
        assert.deepEqual(outcome, { kind: 'error', message: 'no whole answer within 40 ms', ms: 7 });
      }
    });

    it('nobody there, or no address', async () => {
      for (const url of ['http://127.0.0.1:1', 'http://localhost:1', 'nonsense']) {
        const outcome = await checkHttp({ url, timeoutMs: 5_000 }, tickingClock());
        assert.equal(outcome.kind, 'error');
        assert.notEqual('message' in outcome && outcome.message, '');
      }
    });

    it('a step that is told to stop', async (t) => {
      assert.equal((await check(t, () => {}, {}, AbortSignal.abort())).kind, 'error');
    });
  });
});
