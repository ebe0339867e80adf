import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { intoStore, putImage } from '../../sim/registry/images.ts';
import type { RegistryOptions } from '../../sim/registry/server.ts';
import { inScene, type Scene } from '../scene.ts';

type Kind = 'ec' | 'rsa' | 'ed25519';

/** What cosign put into Distribution 2.8 for the index of `putIndex`, signed with throw-away keys of which only the public halves are kept. */
interface Recorded {
  keys: Record<Kind, string>;
  signed: {
    /** sign; with --registry-referrers-mode=oci-1-1; sign and attest with --new-bundle-format; all with --tlog-upload=false. */
    form: 'tag' | 'referrers' | 'bundle' | 'attestation';
    key: Kind;
    /** What was signed. */
    digest: string;
    manifests: { reference: string; mediaType: string; text: string }[];
    blobs: Record<string, string>;
  }[];
}

const { keys, signed }: Recorded = JSON.parse(
  readFileSync(new URL('cosign-2.6.1.json', import.meta.url), 'utf8'),
);

/** A registry that has what was recorded; one with the referrers API has no tag that stands in for it. */
function withRecorded(
  { digest, manifests, blobs }: Recorded['signed'][number],
  options: RegistryOptions,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  return inScene(async (scene) => {
    const { store } = scene.registry;
    assert.equal(store.manifest('shop/web', '1.1.0')?.digest, digest);
    for (const text of Object.values(blobs)) store.putBlob('shop/web', Buffer.from(text));
    for (const { reference, mediaType, text } of manifests) {
      if (!options.noReferrers && reference === digest.replace(':', '-')) continue;
      const bytes = Buffer.from(text);
      const put = store.putManifest('shop/web', reference, { mediaType, bytes });
      if (reference.includes(':')) assert.equal(put, reference);
    }
    await act(scene);
  }, options);
}

const strangers: Record<Kind, Kind> = { ec: 'rsa', rsa: 'ed25519', ed25519: 'ec' };

describe('what cosign 2.6.1 has signed', () => {
  for (const noReferrers of [true, false]) {
    const where = noReferrers ? 'a registry without the referrers API' : 'one that has it';
    for (const each of signed.filter(({ form }) => form !== 'attestation')) {
      it(`is taken with its key, and with no other: ${each.key}, ${each.form}, in ${where}`, () =>
        withRecorded(each, { noReferrers }, async ({ world, settings }) => {
          const dry = { ...settings, dry_run: true };
          const good = await world.step({ ...dry, verify_key: keys[each.key] }).done;
          assert.equal(good.code, 0, good.log);
          assert.match(good.log, /signed with the key of `verify_key`, sha256:/);
          const bad = await world.step({ ...dry, verify_key: keys[strangers[each.key]] }).done;
          assert.equal(bad.code, 2, bad.log);
          assert.match(
            bad.log,
            /REFUSED +\(\S+\) sha256:\S+ has a signature that is not valid: it was made with another key/,
          );
        }));
    }

    it(`is no signature where it is an attestation, in ${where}`, () => {
      const attestation = signed.find(({ form }) => form === 'attestation');
      assert.ok(attestation);
      return withRecorded(attestation, { noReferrers }, async ({ world, settings }) => {
        const step = world.step({ ...settings, verify_key: keys[attestation.key] });
        const { code, log } = await step.done;
        assert.equal(code, 2, log);
        assert.match(log, /not valid: it is an attestation/);
        assert.deepEqual(step.writes(), []);
      });
    });
  }

  it('is promoted; another image under its tag is not', () => {
    const [first] = signed;
    assert.ok(first);
    return withRecorded(first, {}, async ({ world, registry, settings }) => {
      const keyed = { ...settings, verify_key: keys[first.key] };
      const good = await world.step(keyed).done;
      assert.equal(good.code, 0, good.log);
      assert.equal(good.outputs.PROMOTE_DIGEST, first.digest);
      await putImage(intoStore(registry.store), 'shop/web', '1.1.0', { content: 'other' });
      const moved = await world.step(keyed).done;
      assert.equal(moved.code, 2, moved.log);
      assert.match(moved.log, /REFUSED +\(\S+\) sha256:\S+ has no signature in its registry/);
    });
  });
});
