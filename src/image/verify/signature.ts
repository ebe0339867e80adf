import { PromoteError } from '../../errors.ts';
import type { Descriptor, Manifest } from '../registry/manifest.ts';
import { getBlob, getManifest, listReferrers, type Source } from '../registry/pull.ts';
import { type IsSigned, publicKey, verifierOf } from './signature-key.ts';
import { describePayload, dssePayload, namesInPayload, namesInStatement } from './signed-payload.ts';

/**
 * The media types and the annotation that cosign writes (its SIGNATURE_SPEC, and Sigstore's bundle for those
 * of version 3).
 */
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle[.+]/;
const PAYLOAD_LIMIT = 1024 * 1024;
/** Limit for the signatures that are read, because anybody who may push can add any number. */
const MOST_SIGNATURES = 50;

/**
 * Checks that a digest was signed with the private key of `pem`. It reads cosign's tag (`sha256-….sig`), and
 * the referrers of the digest (by the OCI referrers API, or by its tag if the registry lacks the API). One
 * valid signature is enough. Certificates and transparency logs are not checked.
 *
 * @returns what was found, for the log
 * @throws PromoteError `signature` if there is none, or none is valid; `verify-key` if the key is not a
 * public key
 */
export async function checkSignature(source: Source, digest: string, pem: string): Promise<string> {
  const isSigned = await verifierOf(publicKey(pem));
  const manifests = await signatureManifests(source, digest);
  const faults: string[] = [];
  for (const manifest of manifests) {
    for (const layer of manifest.layers.slice(0, MOST_SIGNATURES)) {
      const fault = await faultOf(source, layer, digest, isSigned);
      if (fault === undefined) return `signed with the key of \`verify_key\`, ${manifest.digest}`;
      faults.push(fault);
    }
  }
  const hint =
    'Sign the digest: cosign sign --key cosign.key REPO@DIGEST. Keyless signatures are not supported.';
  throw faults.length === 0
    ? new PromoteError('signature', `${digest} has no signature in its registry.`, { hint })
    : new PromoteError(
        'signature',
        `${digest} has ${faults.length === 1 ? 'a signature that is' : `${faults.length} signatures that are`} not valid: ${[...new Set(faults)].join('; ')}.`,
        { hint },
      );
}

async function signatureManifests(source: Source, digest: string): Promise<Manifest[]> {
  const tag = digest.replace(':', '-');
  const byTag = await getManifest(source, `${tag}.sig`);
  const referring =
    (await listReferrers(source, digest)) ?? (await getManifest(source, tag))?.manifests ?? [];
  const found: Manifest[] = byTag ? [byTag] : [];
  const signatures = referring.filter(mayBeSignature).sort((a, b) => Number(isVague(a)) - Number(isVague(b)));
  for (const each of signatures.slice(0, MOST_SIGNATURES)) {
    const manifest = await getManifest(source, each.digest);
    if (manifest && (!isVague(each) || manifest.layers.some(isBundle))) found.push(manifest);
  }
  return found;
}

function mayBeSignature(descriptor: Descriptor): boolean {
  const { artifactType = '' } = descriptor;
  return /cosign/.test(artifactType) || BUNDLE.test(artifactType) || isVague(descriptor);
}

/**
 * Whether the type says nothing. If a registry has no referrers API, cosign lists its bundles under the type
 * of their empty configuration, so the manifest has to be read.
 */
function isVague({ artifactType }: Descriptor): boolean {
  return artifactType === 'application/vnd.oci.empty.v1+json';
}

function isBundle({ mediaType }: Descriptor): boolean {
  return BUNDLE.test(mediaType);
}

/** Why a signature does not count; undefined if it does. */
async function faultOf(
  source: Source,
  layer: Descriptor,
  digest: string,
  isSigned: IsSigned,
): Promise<string | undefined> {
  const bundle = isBundle(layer);
  const signature = layer.annotations[SIGNATURE];
  if (!bundle && (layer.mediaType !== SIMPLE_SIGNING || signature === undefined))
    return 'its kind is unknown';
  const bytes = await getBlob(source, layer, PAYLOAD_LIMIT);
  if (!bundle) {
    if (!isSigned(bytes, signature ?? '')) return 'it was made with another key, or its payload was changed';
    return namesInPayload(bytes).includes(digest) ? undefined : `it is for ${describePayload(bytes)}`;
  }
  const envelope = dssePayload(bytes);
  if (!envelope) return 'its bundle has no envelope';
  if (!envelope.signatures.some((each) => isSigned(envelope.signed, each)))
    return 'it was made with another key, or its payload was changed';
  const names = namesInStatement(envelope.payload);
  if (names === undefined) return 'it is an attestation, not a signature';
  return names.includes(digest) ? undefined : 'it is for another digest';
}
