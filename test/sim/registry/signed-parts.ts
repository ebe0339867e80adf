import { digestOf } from '../../../src/image/registry/manifest.ts';
import { type ImageTarget, OCI } from './images.ts';

/** What is signed: the payload of an envelope, or of cosign's simple signing. */
export type SignedClaim = { statement: object } | { payload: object };

/** A layer of a manifest in the registry. */
export interface SignedPart {
  mediaType: string;
  bytes: Buffer;
  annotations: Record<string, string>;
}

/** Puts what is signed into the registry: at cosign's tag, or as a referrer. */
export async function attach(
  to: ImageTarget,
  path: string,
  digest: string,
  { mediaType, bytes, annotations }: SignedPart,
  at: 'sig' | 'att' | 'referrers',
): Promise<void> {
  const config = Buffer.from('{}');
  for (const blob of [bytes, config]) await to.blob(path, blob);
  const part = (type: string, blob: Buffer) => ({
    mediaType: type,
    digest: digestOf(blob),
    size: blob.length,
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI.image,
      ...(at === 'referrers' ? { artifactType: mediaType } : {}),
      config: part('application/vnd.oci.empty.v1+json', config),
      layers: [{ ...part(mediaType, bytes), annotations }],
      ...(at === 'referrers' ? { subject: { mediaType: OCI.index, digest, size: 1 } } : {}),
    }),
  );
  const reference = at === 'referrers' ? digestOf(manifest) : `${digest.replace(':', '-')}.${at}`;
  await to.manifest(path, reference, OCI.image, manifest);
}

/** cosign's claims of a digest. */
export const claims = {
  payload: (digest: string): SignedClaim => ({
    payload: {
      critical: {
        identity: { 'docker-reference': '192.0.2.10:5000/shop/web' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    },
  }),
  signature: (digest: string): SignedClaim => statementOf(digest, 'https://sigstore.dev/cosign/sign/v1', {}),
  provenance: (digest: string, builder: string, version: 'v1' | 'v0.2' = 'v1'): SignedClaim =>
    statementOf(
      digest,
      `https://slsa.dev/provenance/${version}`,
      version === 'v1' ? { runDetails: { builder: { id: builder } } } : { builder: { id: builder } },
    ),
  other: (digest: string): SignedClaim => statementOf(digest, 'https://spdx.dev/Document', {}),
};

function statementOf(digest: string, predicateType: string, predicate: object): SignedClaim {
  const subject = [{ name: 'shop/web', digest: { sha256: digest.replace('sha256:', '') } }];
  return { statement: { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate } };
}
