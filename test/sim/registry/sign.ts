import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { digestOf } from '../../../src/image/registry/manifest.ts';
import { type ImageTarget, OCI } from './images.ts';

/** A key pair as cosign makes one. */
export function cosignKey(kind: 'ec' | 'rsa' | 'ed25519' = 'ec'): { key: KeyObject; pem: string } {
  const { privateKey, publicKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ed25519');
  return { key: privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
}

export interface SignOptions {
  /** Where it is found: cosign's tag, or what refers to the digest, by the API or its tag. */
  at: 'tag' | 'referrers' | 'referrers-tag';
  /** The digest that the payload names. */
  payloadFor?: string;
  /** As cosign 3 does: an in-toto statement in a DSSE envelope in a bundle. */
  bundle?: true;
}

/** Puts a signature of a digest, in the forms that cosign writes. */
export async function signImage(
  to: ImageTarget,
  path: string,
  digest: string,
  key: KeyObject,
  { at, payloadFor = digest, bundle }: SignOptions,
): Promise<void> {
  const signed = (data: Buffer) =>
    sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key).toString('base64');
  const type = 'application/vnd.dev.sigstore.bundle.v0.3+json';
  const payload = bundle ? bundleFor(payloadFor, signed) : payloadOf(payloadFor);
  const config = Buffer.from('{}');
  for (const blob of [payload, config]) await to.blob(path, blob);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.image,
      ...(bundle ? { artifactType: type } : {}),
      config: {
        mediaType: bundle
          ? 'application/vnd.oci.empty.v1+json'
          : 'application/vnd.dev.cosign.artifact.sig.v1+json',
        digest: digestOf(config),
        size: config.length,
      },
      layers: [
        {
          mediaType: bundle ? type : 'application/vnd.dev.cosign.simplesigning.v1+json',
          digest: digestOf(payload),
          size: payload.length,
          ...(bundle ? {} : { annotations: { 'dev.cosignproject.cosign/signature': signed(payload) } }),
        },
      ],
      ...(at === 'tag' ? {} : { subject: { mediaType: OCI.index, digest, size: 1 } }),
    }),
  );
  const tag = digest.replace(':', '-');
  await to.manifest(path, at === 'tag' ? `${tag}.sig` : digestOf(manifest), OCI.image, manifest);
  if (at !== 'referrers-tag') return;
  const referrer = {
    mediaType: OCI.image,
    digest: digestOf(manifest),
    size: manifest.length,
    artifactType: bundle ? type : 'application/vnd.dev.cosign.artifact.sig.v1+json',
  };
  const index = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests: [referrer] }),
  );
  await to.manifest(path, tag, OCI.index, index);
}

function payloadOf(digest: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      critical: {
        identity: { 'docker-reference': '192.0.2.10:5000/shop/web' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
}

function bundleFor(digest: string, signed: (data: Buffer) => string): Buffer {
  const statement = Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: digest.replace('sha256:', '') } }],
      predicateType: 'https://sigstore.dev/cosign/sign/v1',
      predicate: {},
    }),
  );
  const payloadType = 'application/vnd.in-toto+json';
  const data = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `),
    statement,
  ]);
  return Buffer.from(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: { publicKey: { hint: 'a key' } },
      dsseEnvelope: {
        payload: statement.toString('base64'),
        payloadType,
        signatures: [{ sig: signed(data) }],
      },
    }),
  );
}
