import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PromoteError } from '../../../src/errors.ts';
import { digestOf, MANIFEST_LIMIT, platformsOf, readManifest } from '../../../src/image/registry/manifest.ts';
import { DOCKER, OCI } from '../../sim/registry/images.ts';
import { refusal } from './helpers.ts';

const part = { mediaType: 'x', digest: `sha256:${'a'.repeat(64)}`, size: 7 };
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const image = (more: object = {}) => ({ schemaVersion: 2, config: part, layers: [part], ...more });

describe('image/registry/manifest', () => {
  for (const types of [OCI, DOCKER]) {
    it(`reads ${types.image} and ${types.index}`, () => {
      const bytes = bytesOf(image({ mediaType: types.image }));
      const one = readManifest(bytes, types.image);
      assert.equal(one.kind, 'image');
      assert.equal(one.digest, digestOf(bytes));
      assert.equal(one.layers[0]?.size, 7);
      const index = readManifest(bytesOf({ manifests: [part] }), `${types.index}; charset=utf-8`);
      assert.equal(index.kind, 'index');
    });
  }

  it('knows an attestation from a platform', () => {
    const unknown = { ...part, platform: { os: 'unknown', architecture: 'unknown' } };
    const arm = { ...part, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } };
    assert.deepEqual(platformsOf(readManifest(bytesOf({ manifests: [arm, unknown, part] }), OCI.index)), [
      arm.platform,
    ]);
  });

  const deep = `{"manifests": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const refused: [what: string, bytes: Buffer, type: string, said: RegExp, expected?: string][] = [
    ['ten megabytes', Buffer.alloc(10 * 1024 * 1024, ' '), OCI.image, /larger than/],
    ['depth', Buffer.from(deep), OCI.index, /not a descriptor|not a JSON/],
    [
      'other bytes than asked for',
      bytesOf(image()),
      OCI.image,
      /its digest is \S+ instead of/,
      `sha256:${'0'.repeat(64)}`,
    ],
    ['what is no JSON', Buffer.from('<html>'), OCI.image, /not a JSON object/],
    ['a list', Buffer.from('[]'), OCI.image, /not a JSON object/],
    [
      'two types that differ',
      bytesOf(image({ mediaType: OCI.image })),
      OCI.index,
      /its own type is .*, but the registry sent it as/,
    ],
    [
      'an index that is an image too',
      bytesOf({ manifests: [part], layers: [part], config: part }),
      OCI.index,
      /at once/,
    ],
    ['an index that is called an image', bytesOf({ manifests: [part] }), OCI.image, /has no layers/],
    [
      'the old schema 1',
      bytesOf({ schemaVersion: 1, fsLayers: [] }),
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      /neither OCI nor Docker schema 2/,
    ],
    ['no type at all', bytesOf(image()), '', /neither OCI nor Docker/],
    [
      'a digest that is a path',
      bytesOf({ manifests: [{ ...part, digest: 'sha256:../../etc' }] }),
      OCI.index,
      /no sha256 digest/,
    ],
    ['a negative size', bytesOf(image({ layers: [{ ...part, size: -1 }] })), OCI.image, /no size/],
    ['a size that is none', bytesOf(image({ layers: [{ ...part, size: 1e300 }] })), OCI.image, /no size/],
    [
      'a hundred thousand parts',
      bytesOf({ manifests: Array.from({ length: 100_000 }, () => 1) }),
      OCI.index,
      /lists 100000 parts/,
    ],
  ];
  for (const [what, bytes, type, said, expected] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readManifest(bytes, type, expected), refusal('manifest', said));
    });
  }

  it('has the digest of the bytes, whatever they say, or its own error', () => {
    const value = fc.oneof(fc.json(), fc.constant(JSON.stringify(part)));
    const type = fc.constantFrom(OCI.image, OCI.index, DOCKER.image, DOCKER.index, '', 'text/html');
    fc.assert(
      fc.property(value, value, value, type, (a, b, c, contentType) => {
        const bytes = Buffer.from(`{"manifests": [${a}], "digest": ${b}, "annotations": ${c}}`);
        try {
          assert.equal(readManifest(bytes, contentType).digest, digestOf(bytes));
        } catch (error) {
          assert.ok(error instanceof PromoteError && error.code === 'manifest', String(error));
        }
      }),
    );
  });

  it('takes random bytes without another error than its own', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assert.throws(() => readManifest(Buffer.from(bytes), OCI.image), PromoteError);
      }),
    );
    assert.ok(MANIFEST_LIMIT >= 4 * 1024 * 1024, 'the specification asks for as much');
  });
});
