import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { ImageSettings } from '../../../src/image/prepare.ts';
import { intoStore, putIndex } from '../../sim/registry/images.ts';
import { startRegistry } from '../../sim/registry/server.ts';
import { IDENTITY, ISSUER } from '../../sim/registry/sigstore.ts';
import { prepare, refusal, releaseAt } from '../registry/helpers.ts';

/**
 * What cosign pushed when it signed the index of `putIndex` without a key, with the authorities of
 * @sigstore/mock on loopback, of which only the trusted root is kept.
 */
interface Recorded {
  version: string;
  root: object;
  signed: {
    /** `cosign sign`, `cosign attest --type slsaprovenance1`. */
    form: 'sign' | 'attest';
    /** Whether the registry had no referrers API. */
    noReferrers: boolean;
    digest: string;
    manifests: { reference: string; mediaType: string; text: string }[];
    blobs: Record<string, string>;
  }[];
}

const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('cosign-keyless.json', import.meta.url), 'utf8'),
);

/** Checks the image in a registry that has what was recorded. */
async function check(
  { noReferrers, digest, manifests, blobs }: Recorded['signed'][number],
  settings: ImageSettings,
): Promise<string> {
  const registry = await startRegistry({ noReferrers });
  try {
    const to = intoStore(registry.store);
    const pushed = await putIndex(to, 'shop/web', '1.1.0', ['amd64', 'arm64']);
    assert.equal(pushed.digest, digest);
    for (const text of Object.values(blobs)) await to.blob('shop/web', Buffer.from(text));
    for (const { reference, mediaType, text } of manifests) {
      await to.manifest('shop/web', reference, mediaType, Buffer.from(text));
    }
    const { events } = await prepare(releaseAt(registry.host, '1.1.0'), settings);
    return JSON.stringify(events);
  } finally {
    await registry.close();
  }
}

for (const { version, root, signed } of recorded) {
  describe(`what cosign ${version} has signed without a key`, () => {
    const asked = {
      verify_identity: IDENTITY,
      verify_issuer: ISSUER,
      verify_trusted_root: JSON.stringify(root),
    };
    const provenance = { verify_provenance: 'https://github.com/actions/runner/*' };
    for (const each of signed) {
      const where = each.noReferrers ? 'a registry without the referrers API' : 'one that has it';
      const isAttestation = each.form === 'attest';
      const settings = { ...asked, ...(isAttestation ? provenance : {}) };

      it(`is taken of its identity, and of no other: ${each.form}, in ${where}`, async () => {
        const said = await check(each, settings);
        assert.match(said, isAttestation ? /built by .*, attested by https:/ : /signed by https:/);
        const other = { ...settings, verify_identity: 'https://github.com/acme/mail/*' };
        await assert.rejects(
          check(each, other),
          refusal('signature', /it was made by https:\/\/github\.com\/acme\/shop/),
        );
      });

      it(`is not taken by the trusted root of another Sigstore: ${each.form}, in ${where}`, async () => {
        const other = recorded.find((found) => found.version !== version);
        const stranger = { ...settings, verify_trusted_root: JSON.stringify(other?.root) };
        await assert.rejects(
          check(each, stranger),
          refusal('signature', /the trusted root does not confirm/),
        );
      });
    }
  });
}
