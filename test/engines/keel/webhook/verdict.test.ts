import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attempt } from '../../../../src/engines/keel/webhook/answer.ts';
import { verdictOf } from '../../../../src/engines/keel/webhook/verdict.ts';
import type { ErrorCode } from '../../../../src/errors.ts';
import { answerOf, NATIVE, requestTo } from '../helpers.ts';

const HTML = { 'content-type': 'text/html; charset=utf-8' };
const AUTH = { username: 'admin', password: 'admin' };
const OTHER = 'http://hooks.example.com/notify';

function answered(...answer: Parameters<typeof answerOf>): Attempt {
  return { answer: answerOf(...answer), failure: undefined, ms: 1 };
}

function failed(code: string): Attempt {
  return { answer: undefined, failure: { code, message: 'what the system says' }, ms: 1 };
}

interface Row {
  what: string;
  attempt: Attempt;
  url?: string;
  settings?: Parameters<typeof requestTo>[1];
  /** undefined if it is accepted. */
  code: ErrorCode | undefined;
  taken: 'yes' | 'no' | 'unknown';
  message: RegExp;
  hint?: RegExp;
}

const ANSWERS: Row[] = [
  {
    what: '200, empty',
    attempt: answered(200),
    code: undefined,
    taken: 'yes',
    message: /^accepted the webhook \(queued\)$/,
  },
  {
    what: '200 HTML by type',
    attempt: answered(200, 'x', HTML),
    url: 'http://keel:9300/v1/webhook',
    code: 'keel-path',
    taken: 'no',
    message: /"\/v1\/webhook" is not a webhook/,
    hint: /^set urls to http:\/\/keel:9300\/v1\/webhooks\/native$/,
  },
  {
    what: '200 HTML by content',
    attempt: answered(200, '\n<!DOCTYPE html><html>'),
    code: 'keel-path',
    taken: 'no',
    message: /HTML page/,
    hint: /check host and port/,
  },
  {
    what: '200 HTML, though 200 is valid',
    attempt: answered(200, '<html>', HTML),
    settings: { validResponseCodes: [200] },
    code: 'keel-path',
    taken: 'no',
    message: /HTML page/,
  },
  {
    what: '200 with words',
    attempt: answered(200, 'ok\nmore'),
    code: 'keel-answer',
    taken: 'unknown',
    message: /answered 200 with "ok"/,
    hint: /valid_response_codes/,
  },
  {
    what: '200 with words, valid',
    attempt: answered(200, 'ok'),
    settings: { validResponseCodes: [200] },
    code: undefined,
    taken: 'yes',
    message: /answered 200/,
  },
  {
    what: '200 with words of another webhook',
    attempt: answered(200, 'ok'),
    url: OTHER,
    code: undefined,
    taken: 'yes',
    message: /accepted/,
  },
  {
    what: '202',
    attempt: answered(202),
    code: 'keel-answer',
    taken: 'unknown',
    message: /answered 202 instead of 200/,
  },
  {
    what: '202 of another webhook',
    attempt: answered(202),
    url: OTHER,
    code: undefined,
    taken: 'yes',
    message: /accepted/,
  },
  {
    what: '200, not among the valid',
    attempt: answered(200),
    settings: { validResponseCodes: [201, 202] },
    code: 'keel-answer',
    taken: 'unknown',
    message: /instead of 201 or 202/,
  },
  {
    what: '404, but valid',
    attempt: answered(404),
    settings: { validResponseCodes: [404] },
    code: undefined,
    taken: 'yes',
    message: /answered 404/,
  },
  {
    what: '301 of a double slash',
    attempt: answered(301, '', { location: '/v1/webhooks/native' }),
    url: 'http://keel//v1/webhooks/native',
    code: 'keel-redirect',
    taken: 'no',
    message: /301, a redirect to http:\/\/keel\/v1\/webhooks\/native; this step does not follow it/,
    hint: /double slash/,
  },
  {
    what: '302 to another host',
    attempt: answered(302, '', { location: 'https://login.example.com/?token=abc' }),
    code: 'keel-redirect',
    taken: 'no',
    message: /to https:\/\/login\.example\.com\/;/,
    hint: /set urls to the address/,
  },
  {
    what: '308 to nowhere',
    attempt: answered(308),
    code: 'keel-redirect',
    taken: 'no',
    message: /a redirect;/,
  },
  {
    what: '400 with the text of Keel',
    attempt: answered(400, 'repository tag cannot be empty'),
    code: 'keel-body',
    taken: 'no',
    message: /^answered 400: "repository tag cannot be empty"$/,
    hint: /expects/,
  },
  {
    what: '400, empty',
    attempt: answered(400),
    code: 'keel-body',
    taken: 'no',
    message: /it cannot read the body/,
  },
  {
    what: '401 with credentials',
    attempt: answered(401, 'Unauthorized\n'),
    settings: AUTH,
    code: 'keel-credentials',
    taken: 'no',
    message: /username or password is wrong/,
  },
  {
    what: '401 with a token',
    attempt: answered(401),
    settings: { tokenValue: 'abc' },
    code: 'keel-credentials',
    taken: 'no',
    message: /is wrong/,
  },
  {
    what: '401 without',
    attempt: answered(401),
    code: 'keel-credentials',
    taken: 'no',
    message: /username is not set/,
    hint: /BASIC_AUTH_USER/,
  },
  {
    what: '403',
    attempt: answered(403, '<html>Forbidden', HTML),
    code: 'keel-forbidden',
    taken: 'no',
    message: /^answered 403$/,
    hint: /proxy/,
  },
  {
    what: '404',
    attempt: answered(404, '404 page not found\n'),
    url: 'http://keel/hook',
    settings: { template: '{}' },
    code: 'keel-path',
    taken: 'no',
    message: /this path does not exist/,
    hint: /set urls to http:\/\/keel\/v1\/webhooks\/native/,
  },
  {
    what: '405',
    attempt: answered(405),
    settings: { method: 'put' },
    code: 'keel-path',
    taken: 'no',
    message: /405 to PUT/,
    hint: /with POST/,
  },
  { what: '407', attempt: answered(407), code: 'keel-proxy', taken: 'no', message: /407/, hint: /no_proxy/ },
  { what: '413', attempt: answered(413), code: 'keel-body', taken: 'no', message: /413/, hint: /too large/ },
  { what: '418', attempt: answered(418), code: 'keel-answer', taken: 'no', message: /418/ },
  { what: '429', attempt: answered(429), code: 'keel-busy', taken: 'no', message: /also after retries/ },
  {
    what: '500',
    attempt: answered(500, 'boom'),
    code: 'keel-server',
    taken: 'unknown',
    message: /500: "boom"/,
  },
  { what: '503', attempt: answered(503), code: 'keel-server', taken: 'no', message: /503/ },
  { what: '504', attempt: answered(504), code: 'keel-server', taken: 'unknown', message: /504/ },
  {
    what: 'a text with control characters',
    attempt: answered(400, 'a\u001b[2Jb'),
    code: 'keel-body',
    taken: 'no',
    message: /"a \[2Jb"/,
  },
  {
    what: 'a long text',
    attempt: answered(400, 'x'.repeat(5000)),
    code: 'keel-body',
    taken: 'no',
    message: /^.{0,240}…"$/,
  },
];

const FAILURES: [code: string, verdict: ErrorCode, taken: 'no' | 'unknown', message: RegExp][] = [
  ['ECONNREFUSED', 'keel-refused', 'no', /nothing listens at keel\.example\.com:9300/],
  ['ENOTFOUND', 'keel-dns', 'no', /name of .* cannot be resolved/],
  ['EAI_AGAIN', 'keel-dns', 'no', /cannot be resolved/],
  ['EHOSTUNREACH', 'keel-network', 'no', /no route/],
  ['CERT_HAS_EXPIRED', 'keel-certificate', 'no', /certificate/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'keel-certificate', 'no', /certificate/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'keel-certificate', 'no', /certificate/],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'keel-certificate', 'no', /certificate/],
  ['EPROTO', 'keel-tls', 'no', /TLS/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'keel-tls', 'no', /TLS/],
  ['HPE_INVALID_CONSTANT', 'keel-protocol', 'unknown', /not HTTP/],
  ['TIMEOUT', 'keel-timeout', 'unknown', /in time/],
  ['ETIMEDOUT', 'keel-timeout', 'unknown', /in time/],
  ['CANCELLED', 'keel-cancelled', 'unknown', /the step was cancelled/],
  ['ECONNRESET', 'keel-reset', 'unknown', /closed the connection/],
  ['EPIPE', 'keel-reset', 'unknown', /closed the connection/],
  ['EWHATEVER', 'keel-failed', 'unknown', /what the system says \(EWHATEVER\)/],
];

describe('engines/keel/webhook/verdict', () => {
  for (const { what, attempt, url = NATIVE, settings, code, taken, message, hint } of ANSWERS) {
    it(`judges an answer: ${what}`, () => {
      const verdict = verdictOf(requestTo(url, settings), [attempt]);
      assert.deepEqual([verdict.code, verdict.taken], [code, taken]);
      assert.equal(verdict.accepted, code === undefined);
      assert.match(verdict.message, message);
      if (hint) assert.match(verdict.hint ?? '', hint);
      assert.equal(verdict.hint === undefined, verdict.accepted);
    });
  }

  for (const [code, expected, taken, message] of FAILURES) {
    it(`judges a request without an answer: ${code}`, () => {
      const verdict = verdictOf(requestTo(NATIVE), [failed(code)]);
      assert.deepEqual([verdict.code, verdict.taken, verdict.accepted], [expected, taken, false]);
      assert.match(verdict.message, message);
      assert.ok(verdict.hint);
    });
  }

  it('does not forget that an earlier try may have been taken', () => {
    const request = requestTo(NATIVE);
    const taken = (...attempts: Attempt[]) => verdictOf(request, attempts).taken;
    assert.equal(taken(failed('ECONNRESET'), failed('ECONNREFUSED')), 'unknown');
    assert.equal(taken(failed('ECONNREFUSED'), failed('ECONNREFUSED')), 'no');
    assert.equal(taken(failed('ECONNRESET'), answered(200)), 'yes');
  });
});
