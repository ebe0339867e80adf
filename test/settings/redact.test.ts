import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSecrets, secretsOf } from '../../src/settings/redact.ts';
import { load, NATIVE } from './helpers.ts';

const KEEL = { repo: 'shop', urls: 'http://keel:9300/v1/webhooks/native' };
const MASK = '******';

function maskOf(settings: Record<string, string>): (text: string) => string {
  return masking(secretsOf(load(settings)));
}

/** A function that masks these, as they are given. */
function masking(values: readonly string[]): (text: string) => string {
  const secrets = createSecrets();
  secrets.add(values);
  return secrets.mask;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
- name: lab
  cluster: { server: "https://192.0.2.1:6443" }
users:
- name: promoter
  user:
    token: eyJhbGciOi.hunter22
- name: other
  user: { "password": "hunter33", username: ann, client-key-data: TFMwdExTMUNSVQ== }
- name: third
  user:
    auth-provider:
      config:
        id-token: >-
          aWRlbnRpdHktdG9rZW4
        refresh-token: 'hunter44'
`;

describe('settings/redact', () => {
  for (const name of ['password', 'token_value']) {
    it(`masks ${name}: whole, as base64, URL-encoded and in JSON`, () => {
      const secret = 'p@ss/"w rd';
      const mask = maskOf({ ...KEEL, [name]: secret });
      assert.equal(mask(`a ${secret} b`), `a ${MASK} b`);
      assert.equal(mask(`a ${base64(secret)} b`), `a ${MASK} b`);
      assert.equal(mask(`?pw=${encodeURIComponent(secret)}&x`), `?pw=${MASK}&x`);
      assert.equal(mask(JSON.stringify({ secret })), `{"secret":"${MASK}"}`);
      assert.equal(mask(`${secret}${secret}`), `${MASK}${MASK}`);
    });
  }

  it('masks the token of the cluster', () => {
    assert.equal(
      maskOf({ ...NATIVE, server: 'https://192.0.2.1', token: 'hunter22' })('Bearer hunter22'),
      `Bearer ${MASK}`,
    );
  });

  it('masks user and password as basic authentication sends them', () => {
    const mask = maskOf({ ...KEEL, username: 'ann', password: 'hunter22' });
    assert.equal(mask(`Basic ${base64('ann:hunter22')}`), `Basic ${MASK}`);
    assert.equal(mask('ann:hunter22'), MASK);
    assert.equal(mask('ann'), 'ann');
    assert.equal(maskOf({ ...KEEL, password: 'hunter22' })(base64(':hunter22')), MASK);
  });

  it('masks the password in an address, as it is written, as it is meant, and as it is sent', () => {
    const mask = maskOf({ ...KEEL, urls: 'http://keel/, http://ann:s%40cret@keel/x' });
    assert.equal(
      mask(`s%40cret s@cret ${base64('ann:s@cret')} http://ann:s%40cret@keel/x`),
      `${MASK} ${MASK} ${MASK} http://ann:${MASK}@keel/x`,
    );
    assert.equal(mask('http://keel/'), 'http://keel/');
  });

  it('masks a password in an address that has a stray percent sign', () => {
    assert.equal(maskOf({ ...KEEL, urls: 'http://ann:100%zz@keel/x' })('it is 100%zz.'), `it is ${MASK}.`);
  });

  it('masks values of headers, not their names', () => {
    const mask = maskOf({ ...KEEL, headers: 'X-Api-Key=hunter22, X-Other=hunter33' });
    assert.equal(mask('X-Api-Key: hunter22, hunter33'), `X-Api-Key: ${MASK}, ${MASK}`);
  });

  it('masks each line of a secret that has some, since a log breaks and indents them', () => {
    const mask = masking(secretsOf({ ...load(KEEL), token_value: 'hunter22\n  hunter33\r\nabc\n' }));
    assert.equal(mask('hunter22\nhunter33\nabc'), `${MASK}\n${MASK}\nabc`);
    assert.equal(mask(`${base64('hunter33')} ${base64('hunter22\n  hunter33\r\nabc\n')}`), `${MASK} ${MASK}`);
  });

  it('stands half a surrogate pair', () => {
    assert.equal(maskOf({ ...KEEL, headers: '{"X-Key":"hunter\\ud800"}' })('hunter\ud800'), MASK);
  });

  for (const [how, given] of [
    ['its content', KUBECONFIG],
    ['base64', base64(KUBECONFIG)],
  ] as const) {
    it(`masks what opens something in a kubeconfig, given as ${how}`, () => {
      const mask = maskOf({ ...NATIVE, kubeconfig: given });
      assert.equal(mask(KUBECONFIG.trimEnd()).includes('hunter'), false);
      for (const secret of [
        'eyJhbGciOi.hunter22',
        'hunter33',
        'hunter44',
        'TFMwdExTMUNSVQ==',
        'aWRlbnRpdHktdG9rZW4',
      ]) {
        assert.equal(mask(`"${secret}"`), `"${MASK}"`);
        assert.equal(mask(base64(secret)), MASK);
      }
      assert.equal(mask(`x ${given} x`), `x ${MASK} x`);
      const harmless = 'users: kind: Config, - name: lab, ann at https://192.0.2.1:6443';
      assert.equal(mask(harmless), harmless);
    });
  }

  it('masks credentials of a kubeconfig in JSON', () => {
    const kubeconfig = '{"clusters":[],"users":[{"user":{"token":"hunter22","tokenFile":"/run/token"}}]}';
    assert.equal(maskOf({ ...NATIVE, kubeconfig })('hunter22 of /run/token'), `${MASK} of /run/token`);
  });

  it('does not mask what is shorter than 4 characters, which would blacken the log', () => {
    assert.equal(maskOf({ ...KEEL, password: 'a b' })('a b a%20b'), `a b ${MASK}`);
    assert.equal(maskOf({ ...KEEL, password: 'abcd' })('abc abcd'), `abc ${MASK}`);
  });

  it('leaves a text without secrets as it is', () => {
    const settings = { ...KEEL, tag: '1.4.2', username: 'annabel', namespace: 'shop', template: '{"a":"b"}' };
    assert.deepEqual(secretsOf(load(settings)), []);
  });

  it('masks what opens a registry in a docker config, given as it is or as base64', () => {
    const auth = base64('robot$ci:regist-ry:pa55');
    const config = JSON.stringify({ auths: { r: { auth }, s: { identitytoken: 'id-token-1' } } });
    for (const given of [config, base64(config)]) {
      const mask = maskOf({ ...KEEL, config: given });
      assert.equal(mask(`${auth} regist-ry:pa55 id-token-1 ${given}`), `${MASK} ${MASK} ${MASK} ${MASK}`);
    }
  });

  it('leaves no rest of a secret that contains another', () => {
    const mask = maskOf({ ...KEEL, password: 'hunter', token_value: 'hunter22' });
    assert.equal(mask('hunter22 hunter'), `${MASK} ${MASK}`);
  });

  it('takes a secret as a text, not as a pattern', () => {
    const mask = maskOf({ ...KEEL, password: '.*$&' });
    assert.equal(mask('abc .*$& $&'), `abc ${MASK} $&`);
  });

  it('masks every secret wherever it stands', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 4, maxLength: 30 }).filter((text) => {
      return text === text.trim() && !/[\p{Cc}*]/u.test(text) && text.length >= 4;
    });
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (password, before, after) => {
        const mask = maskOf({ ...KEEL, password });
        for (const form of [
          password,
          base64(password),
          base64(`:${password}`),
          encodeURIComponent(password),
        ]) {
          assert.ok(!mask(`${before}${form}${after}`).includes(form));
        }
        assert.ok(
          !mask(JSON.stringify({ before, password })).includes(JSON.stringify(password).slice(1, -1)),
        );
      }),
    );
  });
});
