import type { Descriptor, Manifest } from '../registry/manifest.ts';
import { getBlob, getManifest, listReferrers, type Source } from '../registry/pull.ts';

/** Something signed that the registry has for a digest: a payload, an envelope or a bundle, as bytes. */
export interface Signed {
  /** `simple`: cosign's payload, with its signature in the annotations; `dsse`: an envelope. */
  form: 'simple' | 'dsse' | 'bundle';
  bytes: Buffer;
  annotations: Readonly<Record<string, string>>;
  /** The digest of the manifest that has it. */
  manifest: string;
}

/**
 * What is signed: `sig` for signatures, `att` for attestations. cosign 2 has a tag for each (`sha256-….sig`);
 * in bundles they are together.
 */
export type Suffix = 'sig' | 'att';

const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle[.+]/;
const BYTES_LIMIT = 1024 * 1024;
/** Limit for the signatures that are read, because anybody who may push can add any number. */
const MOST_SIGNED = 50;

/**
 * Everything signed that a registry has for a digest: at cosign's tag, and among the referrers of the digest
 * (by the OCI referrers API, and by its tag if the API names none). Bundles have both kinds.
 */
export async function* findSigned(source: Source, digest: string, suffix: Suffix): AsyncGenerator<Signed> {
  let left = MOST_SIGNED;
  for await (const manifest of manifestsOf(source, digest, suffix)) {
    for (const layer of manifest.layers) {
      const form = formOf(layer);
      if (form === undefined || left-- <= 0) continue;
      const bytes = await getBlob(source, layer, BYTES_LIMIT);
      yield { form, bytes, annotations: layer.annotations, manifest: manifest.digest };
    }
  }
}

async function* manifestsOf(source: Source, digest: string, suffix: Suffix): AsyncGenerator<Manifest> {
  const tag = digest.replace(':', '-');
  const byTag = await getManifest(source, `${tag}.${suffix}`);
  if (byTag) yield byTag;
  const listed = (await listReferrers(source, digest))?.filter(mayBeSigned) ?? [];
  // a registry that got the API later does not list what was signed before
  const referring =
    listed.length > 0 ? listed : ((await getManifest(source, tag))?.manifests ?? []).filter(mayBeSigned);
  const sure = referring.filter((each) => !isVague(each));
  for (const { digest: each } of [...sure, ...referring.filter(isVague)].slice(0, MOST_SIGNED)) {
    const manifest = await getManifest(source, each);
    if (manifest) yield manifest;
  }
}

function formOf({ mediaType }: Descriptor): Signed['form'] | undefined {
  if (BUNDLE.test(mediaType)) return 'bundle';
  if (mediaType === SIMPLE_SIGNING) return 'simple';
  return mediaType === ENVELOPE ? 'dsse' : undefined;
}

function mayBeSigned(descriptor: Descriptor): boolean {
  return /cosign|sigstore|dsse|in-toto/.test(descriptor.artifactType ?? '') || isVague(descriptor);
}

/** Types that say nothing: that of an empty configuration, and those of images, which stand in for none. */
const VAGUE: readonly string[] = [
  'application/vnd.oci.empty.v1+json',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/**
 * Whether the type of a referrer is missing or says nothing, so that its manifest has to be read. Older
 * clients write only type, digest and size into the tag that stands in for the referrers API.
 */
function isVague({ artifactType = '' }: Descriptor): boolean {
  return artifactType === '' || VAGUE.includes(artifactType);
}
