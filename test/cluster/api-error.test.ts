import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  ApiError,
  apiErrorOf,
  isConflict,
  isStatus,
  orForbidden,
  unreachable,
} from '../../src/cluster/api-error.ts';

const REQUEST = 'PUT /apis/apps/v1/namespaces/shop/deployments/web';
const status = (reason: string, message: string) => ({ kind: 'Status', apiVersion: 'v1', reason, message });

describe('cluster/api-error', () => {
  const conflict = status('Conflict', 'the object has been modified');
  const answers: [what: string, code: number, body: unknown, reason: string, message: RegExp][] = [
    ['a Status', 409, conflict, 'Conflict', /^PUT .*\/web: the object has been modified$/],
    ['a Status as text', 409, JSON.stringify(conflict), 'Conflict', /: the object has been modified$/],
    ['a Status without a message', 404, { kind: 'Status' }, '', /\/web: the API server answered 404\.$/],
    ['an HTML page', 502, '<html>\n<body>Bad Gateway</body>', '', /\/web: the API server answered 502\.$/],
    ['an HTML page after blanks', 502, '\n  <!doctype html>', '', /answered 502\.$/],
    ['plain text', 404, '404 page not found\n', '', /\/web: 404 page not found$/],
    ['two lines of text', 500, 'first\nsecond', '', /: first$/],
    ['a long line', 500, 'x'.repeat(5000), '', /: x{200}$/],
    ['another object', 400, { kind: 'Deployment', message: 'no' }, '', /answered 400\.$/],
    ['nothing', 503, '', '', /answered 503\.$/],
    ['null', 503, null, '', /answered 503\.$/],
    ['undefined', 503, undefined, '', /answered 503\.$/],
    ['a number', 503, 7, '', /answered 503\.$/],
    ['JSON that is no object', 503, 'null', '', /: null$/],
  ];
  for (const [what, code, body, reason, message] of answers) {
    it(`reads ${what}`, () => {
      const error = apiErrorOf(code, body, REQUEST);
      assert.equal(error.status, code);
      assert.equal(error.reason, reason);
      assert.equal(error.code, 'api');
      assert.match(error.message, message);
    });
  }

  it('says what to do about credentials, whatever the body says', () => {
    for (const body of [status('Unauthorized', 'Unauthorized'), '<html>login</html>', '']) {
      const error = apiErrorOf(401, body, REQUEST);
      assert.equal(error.reason, 'Unauthorized');
      assert.match(error.message, /does not accept the credentials \(401/);
      assert.match(error.hint ?? '', /`token`/);
    }
  });

  it('knows what somebody else’s write looks like: changed, there already, or gone', () => {
    for (const code of [404, 409, 410]) assert.ok(isConflict(apiErrorOf(code, '', REQUEST)));
    for (const code of [400, 401, 403, 422, 429, 500]) assert.ok(!isConflict(apiErrorOf(code, '', REQUEST)));
    assert.ok(!isConflict(Object.assign(new Error('x'), { status: 409 })));
    assert.ok(isStatus(new ApiError(403, 'Forbidden', 'x'), 403));
    assert.ok(!isStatus(new ApiError(403, 'Forbidden', 'x'), 404));
    assert.ok(!isStatus(undefined, 403));
  });

  it('does without an answer that the credentials have no right to, and reports other errors', async () => {
    let forbidden = 0;
    const count = () => {
      forbidden += 1;
    };
    assert.equal(await orForbidden(Promise.resolve(7), count), 7);
    assert.equal(forbidden, 0);
    assert.equal(await orForbidden(Promise.reject(apiErrorOf(403, '', REQUEST)), count), undefined);
    assert.equal(forbidden, 1);
    for (const code of [401, 404, 500]) {
      await assert.rejects(orForbidden(Promise.reject(apiErrorOf(code, '', REQUEST)), count), {
        status: code,
      });
    }
    assert.equal(forbidden, 1);
  });

  const causes: [what: string, cause: unknown, detail: RegExp][] = [
    ['an error', new Error('connect ECONNREFUSED'), /cannot be reached: connect ECONNREFUSED\.$/],
    ['an error without words', new TypeError(''), /cannot be reached: TypeError\.$/],
    ['a text', 'gone', /cannot be reached: gone\.$/],
  ];
  for (const [what, cause, detail] of causes) {
    it(`says why the server cannot be reached: ${what}`, () => {
      const error = unreachable('https://10.0.0.1:6443', cause);
      assert.equal(error.code, 'unreachable');
      assert.match(error.message, /^The API server at https:\/\/10\.0\.0\.1:6443/);
      assert.match(error.message, detail);
      assert.equal(error.cause, cause);
      assert.match(error.hint ?? '', /`server` or the kubeconfig/);
    });
  }

  const servers: [server: string, isLoopback: boolean][] = [
    ['https://127.0.0.1:6443', true],
    ['https://localhost:6443', true],
    ['https://[::1]:6443', true],
    ['https://10.0.0.1:6443', false],
    ['https://127.example.org', false],
    ['not an address', false],
  ];
  for (const [server, isLoopback] of servers) {
    it(`says ${isLoopback ? '' : 'not '}that the address is the step's own container: ${server}`, () => {
      const { hint = '' } = unreachable(server, new Error('connect ECONNREFUSED'));
      assert.equal(/is this step's own container/.test(hint), isLoopback, hint);
    });
  }
});
