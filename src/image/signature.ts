import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { messageOf, PromoteError } from '../errors.ts';
import type { Descriptor, Manifest } from './registry/manifest.ts';
import { getBlob, getManifest, listReferrers, type Source } from './registry/pull.ts';
import { describePayload, dssePayload, namesInPayload, namesInStatement } from './signed-payload.ts';

/** The media types and the annotation that cosign writes (its SIGNATURE_SPEC, and Sigstore's bundle for those of version 3). */
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle[.+]/;
const PAYLOAD_LIMIT = 1024 * 1024;
/** Whoever may push may add signatures without an end. */
const MOST_SIGNATURES = 50;

/**
 * Checks that a digest was signed with the private key of `pem`: by cosign's tag (`sha256-….sig`), and by what refers to the digest (the
 * OCI referrers API, or its tag where a registry has none). One good signature is enough. Certificates and transparency logs are not looked at.
 *
 * @returns what was found, for the log
 * @throws PromoteError `signature` where there is none, or none is good; `verify-key` where the key is none
 */
export async function checkSignature(source: Source, digest: string, pem: string): Promise<string> {
  const key = publicKey(pem);
  const manifests = await signatureManifests(source, digest);
  const faults: string[] = [];
  for (const manifest of manifests) {
    for (const layer of manifest.layers.slice(0, MOST_SIGNATURES)) {
      const fault = await faultOf(source, layer, digest, key);
      if (fault === undefined) return `signed with the key of \`verify_key\`, ${manifest.digest}`;
      faults.push(fault);
    }
  }
  const hint =
    'Sign the digest: cosign sign --key cosign.key REPO@DIGEST. Keyless signatures are not checked here.';
  throw faults.length === 0
    ? new PromoteError('signature', `${digest} has no signature in its registry.`, { hint })
    : new PromoteError(
        'signature',
        `${digest} has ${faults.length === 1 ? 'a signature that is' : `${faults.length} signatures that are`} not good: ${[...new Set(faults)].join('; ')}.`,
        { hint },
      );
}

async function signatureManifests(source: Source, digest: string): Promise<Manifest[]> {
  const tag = digest.replace(':', '-');
  const byTag = await getManifest(source, `${tag}.sig`);
  const referring =
    (await listReferrers(source, digest)) ?? (await getManifest(source, tag))?.manifests ?? [];
  const own = referring.filter(isSignature).slice(0, MOST_SIGNATURES);
  const found: Manifest[] = byTag ? [byTag] : [];
  for (const { digest: each } of own) {
    const manifest = await getManifest(source, each);
    if (manifest) found.push(manifest);
  }
  return found;
}

function isSignature({ artifactType = '' }: Descriptor): boolean {
  return /cosign/.test(artifactType) || BUNDLE.test(artifactType);
}

/** Why a signature does not count; undefined where it does. */
async function faultOf(
  source: Source,
  layer: Descriptor,
  digest: string,
  key: KeyObject,
): Promise<string | undefined> {
  const isBundle = BUNDLE.test(layer.mediaType);
  const signature = layer.annotations[SIGNATURE];
  if (!isBundle && (layer.mediaType !== SIMPLE_SIGNING || signature === undefined))
    return 'it is of an unknown kind';
  const bytes = await getBlob(source, layer, PAYLOAD_LIMIT);
  if (!isBundle) {
    if (!isSigned(bytes, signature ?? '', key))
      return 'it was made with another key, or its payload was changed';
    return namesInPayload(bytes).includes(digest) ? undefined : `it is for ${describePayload(bytes)}`;
  }
  const envelope = dssePayload(bytes);
  if (!envelope) return 'its bundle has no envelope';
  if (!envelope.signatures.some((each) => isSigned(envelope.signed, each, key)))
    return 'it was made with another key, or its payload was changed';
  return namesInStatement(envelope.payload).includes(digest) ? undefined : 'it is for another digest';
}

/** ECDSA and RSA (PKCS #1) over SHA-256, or Ed25519, as cosign signs with a key of that kind. */
function isSigned(data: Buffer, signature: string, key: KeyObject): boolean {
  try {
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    return verify(algorithm, data, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** @throws PromoteError `verify-key` */
export function publicKey(pem: string): KeyObject {
  const fail = (why: string): never => {
    throw new PromoteError('verify-key', `\`verify_key\` is no public key: ${why}.`, {
      hint: 'It is the content of cosign.pub: -----BEGIN PUBLIC KEY----- …',
    });
  };
  if (/PRIVATE KEY/.test(pem)) fail('it holds a private key, which should never leave whoever signs');
  try {
    const key = createPublicKey(pem);
    if (!['ec', 'rsa', 'ed25519'].includes(key.asymmetricKeyType ?? ''))
      fail(`its kind is ${key.asymmetricKeyType}`);
    return key;
  } catch (error) {
    if (error instanceof PromoteError) throw error;
    return fail(messageOf(error));
  }
}
