import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { digestOf } from '../../../src/image/registry/manifest.ts';
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
  change: (index: string) => string = (index) => index,
): Promise<void> {
  return inScene(async (scene) => {
    const { store } = scene.registry;
    assert.equal(store.manifest('shop/web', '1.1.0')?.digest, digest);
    if (options.pagesReferrers) putOtherReferrer(store, digest);
    for (const text of Object.values(blobs)) store.putBlob('shop/web', Buffer.from(text));
    for (const { reference, mediaType, text } of manifests) {
      const isIndex = reference === digest.replace(':', '-');
      if (isIndex && !options.noReferrers && !options.forgetsReferrers) continue;
      const bytes = Buffer.from(isIndex ? change(text) : text);
      const put = store.putManifest('shop/web', reference, { mediaType, bytes });
      if (reference.includes(':')) assert.equal(put, reference);
    }
    await act(scene);
  }, options);
}

/** Something else that refers to the digest, and is listed first. */
function putOtherReferrer(store: Scene['registry']['store'], digest: string): void {
  const config = Buffer.from('{}');
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const part = {
    mediaType: 'application/vnd.example.sbom',
    digest: store.putBlob('shop/web', config),
    size: 2,
  };
  const subject = { mediaType, digest, size: 1 };
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, config: part, layers: [], subject }),
  );
  store.putManifest('shop/web', digestOf(bytes), { mediaType, bytes });
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
        assert.match(log, /not valid: it is another attestation, not a signature/);
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

/** The index of the tag that stands in for the referrers API, with other types of its descriptors. */
const typed = (artifactType: string | undefined) => (index: string) => {
  const { manifests, ...rest } = JSON.parse(index);
  const changed = manifests.map(({ artifactType: _, ...each }: { artifactType: string }) => ({
    ...each,
    ...(artifactType === undefined ? {} : { artifactType }),
  }));
  return JSON.stringify({ ...rest, manifests: changed });
};

/** Only what older clients wrote. */
const bare = (index: string) => {
  const { manifests, ...rest } = JSON.parse(index);
  const changed = manifests.map(({ mediaType, digest, size }: Record<string, unknown>) => ({
    mediaType,
    digest,
    size,
  }));
  return JSON.stringify({ ...rest, manifests: changed });
};

describe('what cosign 2.6.1 has signed, in a list that does not say what it is', () => {
  type List = [what: string, options: RegistryOptions, change?: (index: string) => string];
  const lists: List[] = [
    ['no type', { noReferrers: true }, typed(undefined)],
    ['nothing but type, digest and size', { noReferrers: true }, bare],
    ['an empty type', { noReferrers: true }, typed('')],
    ['the type of an empty configuration', { noReferrers: true }, typed('application/vnd.oci.empty.v1+json')],
    ['the type of an image', { noReferrers: true }, typed('application/vnd.oci.image.config.v1+json')],
    ['an API that lists nothing, and the tag', { forgetsReferrers: true }],
    ['an API that lists nothing, and the tag without types', { forgetsReferrers: true }, typed(undefined)],
    ['an API with pages', { pagesReferrers: true }],
  ];
  for (const [what, options, change] of lists) {
    for (const form of ['referrers', 'bundle'] as const) {
      it(`is taken: ${form}, ${what}`, () => {
        const each = signed.find((found) => found.form === form && found.key === 'ec');
        assert.ok(each);
        const act = async ({ world, settings }: Scene) => {
          const { code, log } = await world.step({ ...settings, dry_run: true, verify_key: keys.ec }).done;
          assert.equal(code, 0, log);
          assert.match(log, /signed with the key of `verify_key`, sha256:/);
        };
        return withRecorded(each, options, act, change);
      });
    }
  }
});
