import { hash, X509Certificate } from 'node:crypto';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import type { Signed } from './find-signed.ts';
import { at, parseJson } from './json.ts';

/** cosign's annotations, as long as it does not write bundles (its SIGNATURE_SPEC). */
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const CERTIFICATE = 'dev.sigstore.cosign/certificate';
const LOG_ENTRY = 'dev.sigstore.cosign/bundle';
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp';

/**
 * What the registry has, as a Sigstore bundle. A payload or envelope of cosign 2 becomes one of version 0.1,
 * which has the same parts: certificate, log entry, timestamp.
 *
 * @throws Error if it is not valid
 */
export function toBundle({ form, bytes, annotations }: Signed): Bundle {
  const parsed = parseJson(bytes);
  if (form === 'bundle') return bundleFromJSON(parsed);
  const verificationMaterial = materialOf(annotations);
  const mediaType = 'application/vnd.dev.sigstore.bundle+json;version=0.1';
  if (form === 'dsse') return bundleFromJSON({ mediaType, verificationMaterial, dsseEnvelope: parsed });
  const messageSignature = {
    messageDigest: { algorithm: 'SHA2_256', digest: hash('sha256', bytes, 'base64') },
    signature: annotations[SIGNATURE] ?? '',
  };
  return bundleFromJSON({ mediaType, verificationMaterial, messageSignature });
}

function materialOf(annotations: Readonly<Record<string, string>>): object {
  const certificate = annotations[CERTIFICATE];
  const timestamp = at(parseJson(annotations[TIMESTAMP]), 'SignedRFC3161Timestamp');
  return {
    ...(certificate === undefined
      ? { publicKey: { hint: '' } }
      : { x509CertificateChain: { certificates: [{ rawBytes: derOf(certificate) }] } }),
    tlogEntries: logEntries(annotations[LOG_ENTRY]),
    ...(typeof timestamp === 'string'
      ? { timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: timestamp }] } }
      : {}),
  };
}

function derOf(pem: string): string {
  return new X509Certificate(pem).raw.toString('base64');
}

/** Rekor's entry with its promise, as cosign keeps it. */
function logEntries(annotation: string | undefined): object[] {
  if (annotation === undefined) return [];
  const entry = parseJson(annotation);
  const payload = at(entry, 'Payload');
  const body = at(payload, 'body');
  if (typeof body !== 'string') return [];
  const content = parseJson(Buffer.from(body, 'base64'));
  return [
    {
      logIndex: String(at(payload, 'logIndex')),
      logId: { keyId: Buffer.from(String(at(payload, 'logID')), 'hex').toString('base64') },
      kindVersion: { kind: at(content, 'kind'), version: at(content, 'apiVersion') },
      integratedTime: String(at(payload, 'integratedTime')),
      inclusionPromise: { signedEntryTimestamp: at(entry, 'SignedEntryTimestamp') },
      canonicalizedBody: body,
    },
  ];
}
