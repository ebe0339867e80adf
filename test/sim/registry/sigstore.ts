import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import { digestOf } from '../../../src/image/registry/manifest.ts';
import { type ImageTarget, OCI } from './images.ts';

/**
 * A Sigstore of the tests: an authority of certificates, its log, a transparency log and a timestamp authority,
 * all in this process, and the trusted root that names them.
 */
export interface TestSigstore {
  /** `trusted_root.json` */
  root: string;
  sign(claim: SignedClaim, form: 'bundle' | 'cosign 2', by?: Signer): Promise<SignedPart>;
}

interface Signer {
  identity?: string;
  issuer?: string;
  /** What confirms when the certificate was used. */
  time?: 'log' | 'timestamp' | 'nothing';
  /** Changes the payload after it was signed. */
  tamper?: true;
}

/** What is signed: the payload of an envelope, or of cosign's simple signing. */
export type SignedClaim = { statement: object } | { payload: object };

/** A layer of a manifest in the registry. */
interface SignedPart {
  mediaType: string;
  bytes: Buffer;
  annotations: Record<string, string>;
}

export const IDENTITY = 'https://github.com/acme/shop/.github/workflows/release.yml@refs/tags/v1.1.0';
export const ISSUER = 'https://token.actions.githubusercontent.com';
/** The name that stands in the log's checkpoints. */
const LOG = 'https://rekor.example.com';
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const IN_TOTO = 'application/vnd.in-toto+json';

/** @param parts of the root; a private Sigstore may have no log of certificates */
export async function startSigstore(parts: { ctLog?: boolean } = {}): Promise<TestSigstore> {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [logKeys, ctKeys] = [pair(), pair()];
  // a whole second (the library reads no fraction of another length), after the authorities were made
  const clock = new Date(Math.ceil(Date.now() / 1000) * 1000 + 1000);
  const ctLog = parts.ctLog === false ? undefined : await initializeCTLog(ctKeys, clock);
  const ca = await initializeCA(pair(), ctLog, clock);
  const tlog = await initializeTLog(LOG, logKeys, clock);
  const tsa = await initializeTSA(pair(), clock);
  const spki = ({ publicKey }: { publicKey: KeyObject }) => publicKey.export({ type: 'spki', format: 'der' });
  const log = (key: Buffer) => ({
    baseUrl: LOG,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: key.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
  });
  const authority = (...chain: ArrayBufferView[]) => ({
    subject: { organization: 'test', commonName: 'test' },
    certChain: { certificates: chain.map((each) => ({ rawBytes: base64(each) })) },
    validFor: { start: '2020-01-01T00:00:00Z' },
  });
  const root = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [log(spki(logKeys))],
    certificateAuthorities: [authority(ca.rootCertificate)],
    ctlogs: ctLog ? [log(spki(ctKeys))] : [],
    timestampAuthorities: [authority(tsa.intCertificate, tsa.rootCertificate)],
  });

  async function certificateFor(key: KeyObject, { identity = IDENTITY, issuer = ISSUER }: Signer) {
    const publicKey = key.export({ type: 'spki', format: 'der' });
    const extensions = [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }];
    return Buffer.from(
      asBytes(await ca.issueCertificate({ publicKey, subjectAltName: identity, extensions })),
    );
  }

  async function timestampOf(signature: Buffer): Promise<string> {
    const request = {
      artifactHash: createHash('sha256').update(signature).digest(),
      hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
      nonce: 1,
      policyOID: '1.3.6.1.4.1.57264.2',
      certReq: true,
    };
    return base64(await tsa.timestamp(request));
  }

  return {
    root,
    async sign(claim, form, by = {}) {
      const keys = pair();
      const certificate = await certificateFor(keys.publicKey, by);
      const time = by.time ?? 'log';
      const isEnvelope = 'statement' in claim;
      const payload = Buffer.from(JSON.stringify(isEnvelope ? claim.statement : claim.payload));
      const signature = sign('sha256', isEnvelope ? preAuth(payload) : payload, keys.privateKey);
      const entry = await tlog.log(
        isEnvelope ? dsseEntry(payload, signature) : hashedEntry(payload, signature),
      );
      const logged = Object.values(entry)[0] as Logged;
      const said = by.tamper ? Buffer.from(payload.toString().replace('sha256', 'sha257')) : payload;
      const envelope = envelopeOf(said, signature);
      if (form === 'cosign 2') {
        const bytes = isEnvelope ? Buffer.from(JSON.stringify(envelope)) : said;
        return {
          mediaType: isEnvelope
            ? 'application/vnd.dsse.envelope.v1+json'
            : 'application/vnd.dev.cosign.simplesigning.v1+json',
          bytes,
          annotations: {
            'dev.cosignproject.cosign/signature': isEnvelope ? '' : signature.toString('base64'),
            'dev.sigstore.cosign/certificate': pem(certificate),
            ...(time === 'nothing' ? {} : { 'dev.sigstore.cosign/bundle': cosignEntry(logged) }),
            ...(time === 'timestamp'
              ? {
                  'dev.sigstore.cosign/rfc3161timestamp': JSON.stringify({
                    SignedRFC3161Timestamp: await timestampOf(signature),
                  }),
                }
              : {}),
          },
        };
      }
      const material = {
        certificate: { rawBytes: base64(certificate) },
        tlogEntries: [bundleEntry(logged, time === 'log')],
        timestampVerificationData: {
          rfc3161Timestamps: time === 'timestamp' ? [{ signedTimestamp: await timestampOf(signature) }] : [],
        },
      };
      const bundle = { mediaType: BUNDLE, verificationMaterial: material, dsseEnvelope: envelope };
      return { mediaType: BUNDLE, bytes: Buffer.from(JSON.stringify(bundle)), annotations: {} };
    },
  };
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

function preAuth(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${IN_TOTO.length} ${IN_TOTO} ${payload.length} `), payload]);
}

function envelopeOf(payload: Buffer, signature: Buffer) {
  return {
    payload: payload.toString('base64'),
    payloadType: IN_TOTO,
    signatures: [{ sig: signature.toString('base64') }],
  };
}

interface Logged {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: {
    signedEntryTimestamp: string;
    inclusionProof: { logIndex: number; treeSize: number; rootHash: string; checkpoint: string };
  };
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function dsseEntry(payload: Buffer, signature: Buffer): object {
  return {
    kind: 'dsse',
    apiVersion: '0.0.1',
    spec: {
      payloadHash: { algorithm: 'sha256', value: sha256(payload) },
      envelopeHash: { algorithm: 'sha256', value: sha256(payload) },
      signatures: [{ signature: signature.toString('base64'), verifier: '' }],
    },
  };
}

function hashedEntry(payload: Buffer, signature: Buffer): object {
  return {
    kind: 'hashedrekord',
    apiVersion: '0.0.1',
    spec: {
      data: { hash: { algorithm: 'sha256', value: sha256(payload) } },
      signature: { content: signature.toString('base64'), publicKey: { content: '' } },
    },
  };
}

function bundleEntry(
  { body, integratedTime, logID, logIndex, verification }: Logged,
  hasTime: boolean,
): object {
  const { inclusionProof: proof, signedEntryTimestamp } = verification;
  const { kind, apiVersion } = JSON.parse(Buffer.from(body, 'base64').toString());
  return {
    logIndex: String(logIndex),
    logId: { keyId: Buffer.from(logID, 'hex').toString('base64') },
    kindVersion: { kind, version: apiVersion },
    integratedTime: hasTime ? String(integratedTime) : '0',
    ...(hasTime ? { inclusionPromise: { signedEntryTimestamp } } : {}),
    inclusionProof: {
      logIndex: String(proof.logIndex),
      rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
      treeSize: String(proof.treeSize),
      hashes: [],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  };
}

/** cosign's annotation of the entry. */
function cosignEntry({ body, integratedTime, logID, logIndex, verification }: Logged): string {
  return JSON.stringify({
    SignedEntryTimestamp: verification.signedEntryTimestamp,
    Payload: { body, integratedTime, logIndex, logID },
  });
}

function asBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function base64(bytes: ArrayBufferView): string {
  return Buffer.from(asBytes(bytes)).toString('base64');
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
