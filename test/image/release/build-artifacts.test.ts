import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { PromoteError } from '../../../src/errors.ts';
import {
  artifactDigest,
  artifactTag,
  digestIn,
  digestInArtifact,
  tagIn,
} from '../../../src/image/release/build-artifacts.ts';
import { refusal } from '../registry/helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'drone-promote-handed-on-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
/** As plugins/docker writes it. */
const artifact = (images: object[]) =>
  JSON.stringify({
    kind: 'docker/v1',
    data: { registryType: 'Docker', registryUrl: 'https://192.0.2.10:5000', images },
  });

describe('image/release/build-artifacts', () => {
  const tags: [text: string, tag: string][] = [
    ['1.2.3', '1.2.3'],
    ['1,1.2,1.2.3,latest\n', '1.2.3'],
    ['latest\nv1.2.3-rc.1', 'v1.2.3-rc.1'],
    ['main-abc123', 'main-abc123'],
  ];
  for (const [text, tag] of tags)
    it(`takes ${tag} of ${JSON.stringify(text)}`, () => assert.equal(tagIn(text), tag));
  it('takes no tag of latest alone', () =>
    assert.throws(() => tagIn('latest\n'), refusal('handed-on', /latest/)));

  it('takes a digest alone, or behind a name', () => {
    assert.equal(digestIn(`${DIGEST}\n`), DIGEST);
    assert.equal(digestIn(`192.0.2.10:5000/shop/web@${DIGEST}`), DIGEST);
    assert.throws(() => digestIn('sha256:abc'), refusal('handed-on', /no digest/));
  });

  it('takes the digest of the image and tag out of an artifact file', () => {
    const text = artifact([
      { image: '192.0.2.10:5000/shop/other:1.2.3', digest: OTHER },
      { image: '192.0.2.10:5000/shop/web:1.2.3', digest: DIGEST },
    ]);
    assert.equal(digestInArtifact(text, '192.0.2.10:5000/shop/web:1.2.3'), DIGEST);
    assert.equal(
      digestInArtifact(artifact([{ image: 'nginx:1', digest: DIGEST }]), 'docker.io/library/nginx:1'),
      DIGEST,
    );
    assert.throws(
      () => digestInArtifact(text, '192.0.2.10:5000/shop/web:1.2.4'),
      refusal('handed-on', /does not name .*1\.2\.4; it has .*web:1\.2\.3/),
    );
    for (const bad of [
      '',
      '[]',
      'null',
      '{"data": {"images": 3}}',
      artifact([{ image: '192.0.2.10:5000/shop/web:1.2.3', digest: 'x' }]),
    ])
      assert.throws(
        () => digestInArtifact(bad, '192.0.2.10:5000/shop/web:1.2.3'),
        refusal('handed-on', /artifact_file/),
      );
  });

  it('takes any text without another error than its own', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"data": {"images": [${json}]}}`),
        ),
        (text) => {
          for (const read of [
            () => digestInArtifact(text, 'r.example.com/web:1'),
            () => digestIn(text),
            () => tagIn(text),
          ]) {
            try {
              read();
            } catch (error) {
              assert.ok(error instanceof PromoteError, String(error));
            }
          }
        },
      ),
    );
  });

  it('reads the files, and refuses two that differ', () => {
    const image = '192.0.2.10:5000/shop/web:1.2.3';
    const digest_file = file('digest', DIGEST);
    assert.equal(artifactTag({ tag_file: file('.tags', '1,1.2.3') }), '1.2.3');
    assert.equal(artifactDigest({ digest_file }, image), DIGEST);
    const artifact_file = file('artifact.json', artifact([{ image, digest: OTHER }]));
    assert.throws(
      () => artifactDigest({ digest_file, artifact_file }, image),
      refusal('handed-on', /different digests/),
    );
    assert.throws(
      () => artifactTag({ tag_file: join(folder, 'none') }),
      refusal('handed-on', /cannot be read/),
    );
    assert.equal(artifactDigest({}, image), undefined);
  });
});
