import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PromoteError } from '../../../src/errors.ts';
import { credentialIn } from '../../../src/image/registry/credentials.ts';

const encoded = (text: string) => Buffer.from(text).toString('base64');
const ANN = { username: 'ann', password: 'p:w' };
const auth = encoded('ann:p:w');
const config = (auths: object) => JSON.stringify({ auths });

describe('image/registry/credentials', () => {
  const found: [what: string, config: string, host: string, path: string][] = [
    ...[
      'r.example.com:5000',
      'http://r.example.com:5000',
      'https://r.example.com:5000/v1/',
      'https://r.example.com:5000/v2/',
      'R.EXAMPLE.COM:5000',
      'r.example.com:5000/',
    ].map((key): [string, string, string, string] => [
      `a key ${key}`,
      config({ [key]: { auth } }),
      'r.example.com:5000',
      'shop/web',
    ]),
    ...[
      'https://index.docker.io/v1/',
      'docker.io',
      'index.docker.io',
      'registry-1.docker.io',
      'https://registry-1.docker.io/v2/',
    ].map((key): [string, string, string, string] => [
      `Docker Hub as ${key}`,
      config({ [key]: { auth } }),
      'docker.io',
      'library/nginx',
    ]),
    ['user and password apart', config({ r: { username: 'ann', password: 'p:w' } }), 'r', 'web'],
    ['zero bytes behind', config({ r: { auth: encoded('ann:p:w\0\0') } }), 'r', 'web'],
    ['the old form without auths', JSON.stringify({ r: { auth } }), 'r', 'web'],
    ['base64 of the whole', encoded(config({ r: { auth } })), 'r', 'web'],
    [
      'a path, as the kubelet has it',
      config({ 'r.io': { auth: encoded('x:y') }, 'r.io/shop': { auth } }),
      'r.io',
      'shop/web',
    ],
    ['a star for a part of the name', config({ '*.example.com': { auth } }), 'r.example.com', 'web'],
  ];
  for (const [what, text, host, path] of found) {
    it(`finds it: ${what}`, () => assert.deepEqual(credentialIn(text, host, path), ANN));
  }

  const none: [what: string, config: string][] = [
    ['another host', config({ 'other.example.com': { auth } })],
    ['another port', config({ 'r.example.com:5001': { auth } })],
    ['another path', config({ 'r.example.com/team': { auth } })],
    ['a path that only begins alike', config({ 'r.example.com/sho': { auth } })],
    ['a star for two parts', config({ '*.com': { auth } })],
    [
      'an empty entry, as a credential helper leaves it',
      JSON.stringify({ auths: { 'r.example.com': {} }, credsStore: 'desktop' }),
    ],
    ['entries that are none', config({ 'r.example.com': 'x', other: null })],
  ];
  for (const [what, text] of none) {
    it(`finds none: ${what}`, () => assert.equal(credentialIn(text, 'r.example.com', 'shop/web'), undefined));
  }

  it('reads tokens', () => {
    const text = config({
      r: { auth: encoded('00000000-0000-0000-0000-000000000000:'), identitytoken: 'refresh' },
      s: { registrytoken: 'bearer' },
    });
    assert.equal(credentialIn(text, 'r', 'web')?.identityToken, 'refresh');
    assert.equal(credentialIn(text, 's', 'web')?.registryToken, 'bearer');
  });

  it('refuses what is no docker config, and never shows it', () => {
    for (const text of ['hunter2 is the password', '{"auths": hunter2', '[]', '"hunter2"', '12']) {
      assert.throws(
        () => credentialIn(text, 'r', 'web'),
        (error) =>
          error instanceof PromoteError &&
          error.code === 'registry-config' &&
          !`${error.message}${error.hint}`.includes('hunter2'),
      );
    }
  });

  it('gives back what was put in, for any user and password', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !/[:\0]/.test(text) && text.isWellFormed());
    const password = fc
      .string({ minLength: 1 })
      .filter((text) => !text.includes('\0') && text.isWellFormed());
    fc.assert(
      fc.property(name, password, (user, secret) => {
        const text = config({ 'r.example.com': { auth: encoded(`${user}:${secret}`) } });
        assert.deepEqual(credentialIn(text, 'r.example.com', 'web'), { username: user, password: secret });
      }),
    );
  });

  it('takes any JSON without another error than its own', () => {
    fc.assert(
      fc.property(fc.json(), fc.string(), (json, host) => {
        for (const text of [json, `{"auths": ${json}}`, `{"auths": {"r": ${json}}}`]) {
          try {
            credentialIn(text, host, 'web');
          } catch (error) {
            assert.ok(error instanceof PromoteError, String(error));
          }
        }
      }),
    );
  });
});
