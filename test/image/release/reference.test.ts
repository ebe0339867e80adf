import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PromoteError } from '../../../src/errors.ts';
import { formatReference, parseReference, sameRepository } from '../../../src/image/release/reference.ts';

const HEX = '0123456789abcdef'.repeat(4);
const SHA = `sha256:${HEX}`;

function refusalOf(text: string): PromoteError {
  try {
    parseReference(text);
  } catch (error) {
    if (error instanceof PromoteError && error.code === 'reference') return error;
    throw error;
  }
  throw new Error(`"${text}" was not refused`);
}

describe('image/release/reference', () => {
  const taken: [text: string, registry: string, path: string, tag?: string | undefined, digest?: string][] = [
    ['nginx', 'docker.io', 'library/nginx'],
    ['nginx:1.27', 'docker.io', 'library/nginx', '1.27'],
    ['library/nginx', 'docker.io', 'library/nginx'],
    ['docker.io/nginx', 'docker.io', 'library/nginx'],
    ['index.docker.io/nginx', 'docker.io', 'library/nginx'],
    ['docker.io/grafana/grafana', 'docker.io', 'grafana/grafana'],
    ['grafana/grafana:11', 'docker.io', 'grafana/grafana', '11'],
    ['192.0.2.10:5000/shop', '192.0.2.10:5000', 'shop'],
    ['192.0.2.10:5000/shop:1.4.2', '192.0.2.10:5000', 'shop', '1.4.2'],
    ['localhost/shop', 'localhost', 'shop'],
    ['localhost:5000/shop:1', 'localhost:5000', 'shop', '1'],
    ['localhost:5000', 'docker.io', 'library/localhost', '5000'],
    ['[2001:db8::1]:5000/shop:1', '[2001:db8::1]:5000', 'shop', '1'],
    ['[2001:db8::1]/shop', '[2001:db8::1]', 'shop'],
    ['registry/shop', 'docker.io', 'registry/shop'],
    ['Registry/shop', 'Registry', 'shop'],
    ['registry.example.com/a/b/c/d:v1', 'registry.example.com', 'a/b/c/d', 'v1'],
    ['xn--r8jz45g.example/shop', 'xn--r8jz45g.example', 'shop'],
    ['a.b_c__d-e---f', 'docker.io', 'library/a.b_c__d-e---f'],
    ['shop:_a.B-c_1', 'docker.io', 'library/shop', '_a.B-c_1'],
    [`shop@${SHA}`, 'docker.io', 'library/shop', undefined, SHA],
    [`localhost:5000/shop:1@${SHA}`, 'localhost:5000', 'shop', '1', SHA],
    [`shop@sha512:${HEX}${HEX}`, 'docker.io', 'library/shop', undefined, `sha512:${HEX}${HEX}`],
  ];
  for (const [text, registry, path, tag, digest] of taken) {
    it(`parses ${text}`, () => assert.deepEqual(parseReference(text), { registry, path, tag, digest }));
  }

  const part = /is not a part of a repository's name\.$/;
  const refused: [text: string, message: RegExp, hint?: RegExp][] = [
    ['', /it has no repository\.$/],
    [':1.0', /it has no repository\.$/],
    [`@${SHA}`, /it has no repository\.$/],
    ['Shop', /"Shop" is not a part/, /lower case/],
    ['team/Shop:1', /^"team\/Shop:1" is not an image reference: "Shop" is not a part/, /lower case/],
    ['docker.io/SHOP', /"SHOP" is not a part/, /lower case/],
    ['a//b', /its repository has an empty part\.$/],
    ['a/b/', /its repository has an empty part\.$/],
    ['/a', /its repository has an empty part\.$/],
    ['localhost:5000/', /its repository has an empty part\.$/],
    ['-a', part],
    ['a-', part],
    ['a..b', part],
    ['a___b', part],
    ['a._b', part],
    ['a b', part],
    [' a', part],
    ['a\n', part],
    ['ä', part],
    ['https://registry.example.com/shop', /"https:" is not a registry's host/],
    ['-bad.example/shop', /"-bad\.example" is not a registry's host/],
    ['bad-.example/shop', /"bad-\.example" is not a registry's host/],
    ['a..b/shop', /"a\.\.b" is not a registry's host/],
    ['a_b.example/shop', /"a_b\.example" is not a registry's host/],
    ['host:/shop', /"host:" is not a registry's host/],
    ['host:port/shop', /"host:port" is not a registry's host/],
    ['2001:db8::1/shop', /is not a registry's host/],
    ['shop:', /"" is not a tag\.$/, /at most 128/],
    ['shop:.1', /"\.1" is not a tag\.$/, /does not begin with "\." or "-"/],
    ['shop:-1', /"-1" is not a tag\.$/],
    ['shop:1.0+3', /"1\.0\+3" is not a tag\.$/, /cannot have a "\+"\. Write the build metadata/],
    ['shop:1 ', /"1 " is not a tag\.$/],
    ['shop:1\n', /is not a tag\.$/],
    ['shop:$TAG', /is not a tag\.$/],
    ['a@b@c', /more than one @\.$/],
    ['a@', /"" is not a digest/],
    ['a@sha256:abc', /"sha256:abc" is not a digest/],
    [`a@${HEX}`, /is not a digest/],
    [`a@${SHA}:1`, /is not a digest/],
    [`a@sha256:${'g'.repeat(64)}`, /is not a digest/],
  ];
  for (const [text, message, hint] of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const error = refusalOf(text);
      assert.match(error.message, message);
      if (hint) assert.match(error.hint ?? '', hint);
    });
  }

  it('takes a tag of 128 characters, and no longer one', () => {
    assert.equal(parseReference(`shop:${'a'.repeat(128)}`).tag?.length, 128);
    assert.match(refusalOf(`shop:${'a'.repeat(129)}`).message, /is not a tag/);
  });

  it('takes a name of 255 characters, registry and all, and no longer one', () => {
    const longest = `r.example/${'a'.repeat(255 - 'r.example/'.length)}`;
    assert.equal(parseReference(`${longest}:1`).path.length, 245);
    assert.match(refusalOf(`${longest}a:1`).message, /its name is longer than 255 characters\.$/);
    const short = 255 - 'docker.io/library/'.length;
    assert.equal(parseReference('a'.repeat(short)).path.length, 245);
    assert.match(refusalOf('a'.repeat(short + 1)).message, /longer than 255/);
  });

  it('formats in full what was written short', () => {
    assert.equal(formatReference(parseReference('nginx:1.27')), 'docker.io/library/nginx:1.27');
    assert.equal(
      formatReference(parseReference(`localhost:5000/shop:1@${SHA}`)),
      `localhost:5000/shop:1@${SHA}`,
    );
  });

  const pairs: [a: string, b: string, same: boolean][] = [
    ['nginx', 'docker.io/library/nginx:1.27', true],
    ['index.docker.io/a/b', 'a/b', true],
    ['192.0.2.10:5000/shop:1', `192.0.2.10:5000/shop@${SHA}`, true],
    ['192.0.2.10:5000/shop', '192.0.2.10:5001/shop', false],
    ['shop', 'shop-2', false],
    ['a/shop', 'shop', false],
    ['localhost/shop', 'shop', false],
    ['Not An Image', 'Not An Image', false],
    ['', '', false],
  ];
  for (const [a, b, same] of pairs) {
    it(`says that "${a}" and "${b}" name ${same ? 'one repository' : 'two'}`, () => {
      assert.equal(sameRepository(a, b), same);
      assert.equal(sameRepository(b, a), same);
    });
  }
});
