import assert from 'node:assert/strict';
import { sign } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ImageSettings } from '../../../src/image/prepare.ts';
import { intoStore, type Pushed, putImage } from '../../sim/registry/images.ts';
import { type SimRegistry, startRegistry } from '../../sim/registry/server.ts';
import { cosignKey, signImage } from '../../sim/registry/sign.ts';
import { attach, claims, type SignedClaim } from '../../sim/registry/signed-parts.ts';
import { IDENTITY, ISSUER, startSigstore, type TestSigstore } from '../../sim/registry/sigstore.ts';
import { prepare, refusal, releaseAt } from '../registry/helpers.ts';

const BUILDER = 'https://github.com/actions/runner/github-hosted';
type By = Parameters<TestSigstore['sign']>[2];

describe('a keyless signature', () => {
  let registry: SimRegistry;
  let sigstore: TestSigstore;
  let strangers: TestSigstore;
  let image: Pushed;
  let count = 0;

  before(async () => {
    registry = await startRegistry({});
    [sigstore, strangers] = await Promise.all([startSigstore(), startSigstore()]);
  });
  after(() => registry.close());

  /** An image in a repository of its own, with one signature. */
  async function signedImage(
    claim: (digest: string) => SignedClaim,
    form: 'bundle' | 'cosign 2',
    at: 'sig' | 'att' | 'referrers',
    by?: By,
    of: TestSigstore = sigstore,
  ) {
    const path = `shop/signed-${++count}`;
    const to = intoStore(registry.store);
    image = await putImage(to, path, '1.1.0', { content: path });
    await attach(to, path, image.digest, await of.sign(claim(image.digest), form, by), at);
    return releaseAt(registry.host, '1.1.0', path);
  }

  const asked = (more: ImageSettings = {}): ImageSettings => ({
    verify_identity: IDENTITY,
    verify_issuer: ISSUER,
    verify_trusted_root: sigstore.root,
    ...more,
  });

  const { payload, signature, provenance, other } = claims;
  const built = (digest: string) => provenance(digest, BUILDER);
  const builtBefore = (digest: string) => provenance(digest, BUILDER, 'v0.2');
  const wants = { verify_provenance: BUILDER };

  type Good = [what: string, signed: Parameters<typeof signedImage>, settings?: ImageSettings, said?: RegExp];
  const good: Good[] = [
    ['of cosign 2, at its tag', [payload, 'cosign 2', 'sig']],
    ['of cosign 2, with the time of an authority', [payload, 'cosign 2', 'sig', { time: 'timestamp' }]],
    ['of cosign 2, as a referrer', [payload, 'cosign 2', 'referrers']],
    ['in a bundle', [signature, 'bundle', 'referrers']],
    ['in a bundle, with the time of an authority', [signature, 'bundle', 'referrers', { time: 'timestamp' }]],
    [
      'of any tag of the workflow',
      [signature, 'bundle', 'referrers'],
      { verify_identity: IDENTITY.replace('v1.1.0', '*') },
    ],
    [
      'of a person',
      [
        signature,
        'bundle',
        'referrers',
        { identity: 'mailto:ann@example.com', issuer: 'https://id.example.com' },
      ],
      { verify_identity: 'mailto:ann@example.com', verify_issuer: 'https://id.example.com' },
    ],
    [
      'that attests the builder, in a bundle',
      [built, 'bundle', 'referrers'],
      wants,
      /built by https:\S+github-hosted, attested by https/,
    ],
    ['that attests the builder, of cosign 2', [built, 'cosign 2', 'att'], wants],
    ['that attests the builder, by SLSA 0.2', [builtBefore, 'cosign 2', 'att'], wants],
    [
      'that attests a builder of a pattern',
      [built, 'bundle', 'referrers'],
      { verify_provenance: '*/github-hosted' },
    ],
  ];
  for (const [what, given, settings, said = /signed by https:|signed by mailto:|attested by/] of good) {
    it(`is taken: ${what}`, async () => {
      const release = await signedImage(...given);
      const { result, events } = await prepare(release, asked(settings));
      assert.equal(result.release.digest, image.digest);
      assert.match(JSON.stringify(events), said);
    });
  }

  type Bad = [what: string, signed: Parameters<typeof signedImage>, said: RegExp, settings?: ImageSettings];
  const bad: Bad[] = [
    [
      'of another workflow',
      [signature, 'bundle', 'referrers', { identity: IDENTITY.replace('shop', 'mail') }],
      /it was made by https:\/\/github\.com\/acme\/mail\/\S+ of https:\/\/token\.actions/,
    ],
    [
      'of another issuer',
      [payload, 'cosign 2', 'sig', { issuer: 'https://evil.example.com' }],
      /it was made by https:\/\/github\.com\/acme\/shop\/\S+ of https:\/\/evil\.example\.com/,
    ],
    [
      'of an identity that contains the wanted one',
      [signature, 'bundle', 'referrers', { identity: `https://evil.example.com/${IDENTITY}` }],
      /it was made by https:\/\/evil/,
    ],
    [
      'of the authority of another Sigstore',
      [signature, 'bundle', 'referrers', {}, undefined],
      /the trusted root does not confirm it/,
    ],
    [
      'without a time',
      [payload, 'cosign 2', 'sig', { time: 'nothing' }],
      /the trusted root does not confirm it: expected 1 timestamps, got 0/,
    ],
    [
      'whose payload was changed',
      [signature, 'bundle', 'referrers', { tamper: true }],
      /the trusted root does not confirm it/,
    ],
    [
      'of another image',
      [() => signature(`sha256:${'0'.repeat(64)}`), 'bundle', 'referrers'],
      /it is for sha256:0+/,
    ],
    ['that is an attestation', [other, 'bundle', 'referrers'], /it is another attestation, not a signature/],
    ['that is a provenance', [built, 'bundle', 'referrers'], /it is a provenance, not a signature/],
    [
      'where a provenance is wanted',
      [signature, 'bundle', 'referrers'],
      /it is a signature, not a provenance/,
      wants,
    ],
    [
      'of another builder',
      [(digest) => provenance(digest, 'https://evil.example.com/runner'), 'bundle', 'referrers'],
      /it names the builder https:\/\/evil\.example\.com\/runner/,
      wants,
    ],
    [
      'without a builder',
      [(digest) => provenance(digest, undefined as never), 'cosign 2', 'att'],
      /it names the builder \(none\)/,
      { verify_provenance: '*' },
    ],
  ];
  for (const [what, given, said, settings] of bad) {
    it(`is refused: ${what}`, async () => {
      const [claim, form, at, by] = given;
      const of = what.includes('another Sigstore') ? strangers : sigstore;
      const release = await signedImage(claim, form, at, by, of);
      await assert.rejects(prepare(release, asked(settings)), refusal('signature', said));
    });
  }

  it('is not one that was made with a key', async () => {
    const path = `shop/signed-${++count}`;
    const to = intoStore(registry.store);
    const { digest } = await putImage(to, path, '1.1.0', { content: path });
    await signImage(to, path, digest, cosignKey().key, { at: 'tag' });
    const release = releaseAt(registry.host, '1.1.0', path);
    await assert.rejects(
      prepare(release, asked()),
      refusal('signature', /it was made with a key, and has no certificate/),
    );
  });

  it('is not a bundle that has a signature, and no envelope that says what it is for', async () => {
    const path = `shop/signed-${++count}`;
    const to = intoStore(registry.store);
    const { digest, bytes: manifest } = await putImage(to, path, '1.1.0', { content: path });
    const { key, pem } = cosignKey();
    const mediaType = 'application/vnd.dev.sigstore.bundle.v0.3+json';
    const messageDigest = {
      algorithm: 'SHA2_256',
      digest: Buffer.from(digest.slice(7), 'hex').toString('base64'),
    };
    const messageSignature = { messageDigest, signature: sign('sha256', manifest, key).toString('base64') };
    const bundle = { mediaType, verificationMaterial: { publicKey: { hint: '' } }, messageSignature };
    const bytes = Buffer.from(JSON.stringify(bundle));
    await attach(to, path, digest, { mediaType, bytes, annotations: {} }, 'referrers');
    const release = releaseAt(registry.host, '1.1.0', path);
    await assert.rejects(prepare(release, { verify_key: pem }), refusal('signature', /not valid/));
  });

  it('needs no log of certificates if the trusted root has none', async () => {
    const own = await startSigstore({ ctLog: false });
    const release = await signedImage(signature, 'bundle', 'referrers', {}, own);
    const { result } = await prepare(release, asked({ verify_trusted_root: own.root }));
    assert.equal(result.release.digest, image.digest);
  });

  it('takes the trusted root from a file', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'drone-promote-root-')), 'trusted_root.json');
    writeFileSync(file, sigstore.root);
    const release = await signedImage(signature, 'bundle', 'referrers');
    await prepare(release, asked({ verify_trusted_root: file }));
  });

  const noRoots: [what: string, given: string, said: RegExp][] = [
    ['a file that does not exist', '/nowhere/root.json', /it is neither JSON nor a file that exists/],
    ['something else', '{"tlogs": []}', /it has no certificate authorities/],
    ['not JSON', '{', /not a trusted root/],
  ];
  for (const [what, given, said] of noRoots) {
    it(`is refused before a request is made if the trusted root is ${what}`, async () => {
      const requests = registry.seen.length;
      const release = releaseAt(registry.host, '1.1.0');
      await assert.rejects(
        prepare(release, asked({ verify_trusted_root: given })),
        refusal('trusted-root', said),
      );
      assert.equal(registry.seen.length, requests);
    });
  }
});
