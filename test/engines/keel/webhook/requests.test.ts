import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type KeelSettings, planOf, secretsOf } from '../../../../src/engines/keel/webhook/requests.ts';
import { PromoteError } from '../../../../src/errors.ts';
import { NATIVE, RELEASE, requestTo } from '../helpers.ts';

function refusalOf(
  settings: Partial<KeelSettings>,
  release: typeof RELEASE | undefined = RELEASE,
): PromoteError {
  try {
    planOf({ urls: [NATIVE], ...settings }, release);
  } catch (error) {
    if (error instanceof PromoteError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const OTHER = 'http://hooks.example.com/notify';

describe('engines/keel/webhook/requests', () => {
  const refused: [what: string, template: string, message: RegExp][] = [
    ['not JSON', '{ "name": "a",\n  "tag": 1.2.3 }', /is not JSON: line 2, column 13, at "\.3 }"/],
    ['cut short', '{ "name": "a"', /is not JSON: line 1, column 14, it ends too early/],
    ['no object', '["a"]', /not an object/],
    ['null', 'null', /not an object/],
    ['no name', '{"tag":"1"}', /"name" in the body is missing/],
    ['empty name', '{"name":"","tag":"1"}', /"name" in the body is empty/],
    ['no tag', '{"name":"a"}', /"tag" in the body is missing/],
    ['empty tag, as of a build without one', '{"name":"a","tag":""}', /"tag" in the body is empty/],
    ['tag as a number', '{"name":"a","tag":1.4}', /"tag" in the body is not a string/],
    ['tag in the name', '{"name":"a/b:1.0","tag":"1.0"}', /has a tag, which belongs in "tag"/],
    ['digest in the name', `{"name":"a/b@sha256:${'0'.repeat(64)}","tag":"1.0"}`, /has a digest/],
    [
      'upper case',
      '{"name":"team/Web","tag":"1.0"}',
      /"Web" is not a part of a repository's name.*answer 200/,
    ],
    ['blank in the name', '{"name":"team/web ","tag":"1.0"}', /cannot be matched/],
    ['plus in the tag', '{"name":"team/web","tag":"1.0+3"}', /"1\.0\+3", is not a valid image tag/],
    ['slash in the tag', '{"name":"team/web","tag":"feature/x"}', /is not a valid image tag/],
    ['long tag', `{"name":"team/web","tag":"${'1'.repeat(129)}"}`, /is not a valid image tag/],
  ];
  for (const [what, template, message] of refused) {
    it(`refuses a body before it is sent: ${what}`, () => {
      const error = refusalOf({ template });
      assert.match(error.message, message);
      assert.ok(error.hint);
    });
  }

  const taken: [what: string, template: string, image: string][] = [
    [
      'registry with a port',
      '{"name":"192.0.2.115:5000/pregap","tag":"1.4.2"}',
      '192.0.2.115:5000/pregap:1.4.2',
    ],
    ['another field case', '{"Name":"a/b","TAG":"1"}', 'a/b:1'],
    ['unknown fields', '{"name":"a","tag":"1","digest":"x"}', 'a:1'],
    ['a scheme', '{"name":"https://reg.example.com/a","tag":"1"}', 'https://reg.example.com/a:1'],
  ];
  for (const [what, template, image] of taken) {
    it(`takes a body that Keel takes: ${what}`, () =>
      assert.equal(requestTo(NATIVE, { template }).image, image));
  }

  it('checks the native webhook whatever the content type says, and below a prefix too', () => {
    assert.equal(refusalOf({ template: 'x', contentType: 'text/plain' }).code, 'body');
    assert.equal(refusalOf({ template: '{}', urls: ['http://h/keel/v1/webhooks/native/'] }).code, 'body');
  });

  it('leaves the body of another webhook alone, but for JSON that is none', () => {
    assert.equal(requestTo(OTHER, { template: '{"text":"hello"}\n' }).body, '{"text":"hello"}');
    assert.equal(requestTo(OTHER, { template: 'hello', contentType: 'text/plain' }).body, 'hello');
    assert.match(refusalOf({ template: 'hello', urls: [OTHER] }).message, /is not JSON/);
  });

  it('removes one newline at the end of the template, as plugins/webhook does', () => {
    const contentType = 'text/plain';
    assert.equal(requestTo(OTHER, { template: 'a\nb\n\n', contentType }).body, 'a\nb\n');
    assert.equal(requestTo(OTHER, { template: 'a\r\n', contentType }).body, 'a');
  });

  it('wants an image from somewhere', () => {
    assert.throws(
      () => planOf({ urls: [NATIVE], template: ' \n' }, undefined),
      /Neither `template` nor `repo`/,
    );
    assert.throws(() => planOf({ urls: [] }, RELEASE), /`urls` is empty/);
  });

  for (const url of ['keel:9300/v1/webhooks/native', 'ftp://keel/x', 'not an address', '']) {
    it(`refuses the address "${url}"`, () => assert.equal(refusalOf({ urls: [url] }).code, 'urls'));
  }

  it('does not show a password in a refused address', () => {
    assert.doesNotMatch(refusalOf({ urls: ['ftp://admin:hunter22@keel/x'] }).message, /hunter22/);
  });

  it('takes username and password of the settings before those of the address, and a token before both', () => {
    const url = 'http://ann:secret@keel/v1/webhooks/native';
    assert.deepEqual(requestTo(url).auth, { username: 'ann', password: 'secret' });
    assert.deepEqual(requestTo(url, { username: 'bob', password: 'pw' }).auth, {
      username: 'bob',
      password: 'pw',
    });
    const withToken = requestTo(url, { username: 'bob', tokenValue: 'abc' });
    assert.equal(withToken.auth, undefined);
    assert.equal(withToken.headers.Authorization, 'Bearer abc');
    assert.equal(
      requestTo(url, { tokenValue: 'abc', tokenType: 'Token' }).headers.Authorization,
      'Token abc',
    );
  });

  it('sends more headers, which come before its own', () => {
    const { headers } = requestTo(NATIVE, { headers: { 'X-From': 'drone' } });
    assert.deepEqual(headers, { 'Content-Type': 'application/json', 'X-From': 'drone' });
  });

  it('shows an address without its secrets', () => {
    const { endpoint } = requestTo('http://ann:secret@hooks.example.com/x?token=abc&a=1', { template: '{}' });
    assert.equal(endpoint.shown, 'http://hooks.example.com/x?token=***&a=1');
    assert.equal(endpoint.url, 'http://hooks.example.com/x?token=abc&a=1');
  });

  it('knows its secrets in the forms that they travel in', () => {
    const plan = planOf(
      { urls: ['http://ann:s%40cret@keel/x'], headers: { 'X-Api-Key': 'k-123456' } },
      RELEASE,
    );
    const pair = Buffer.from('ann:s@cret').toString('base64');
    assert.deepEqual(new Set(secretsOf(plan)), new Set(['s@cret', 's%40cret', 'k-123456', pair]));
  });
});
