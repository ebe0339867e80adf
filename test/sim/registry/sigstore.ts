import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog, initializeTSA } from '@sigstore/mock';
import type { SignedClaim, SignedPart } from './signed-parts.ts';

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
  const root = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [logOf(logKeys.publicKey)],
    certificateAuthorities: [authorityOf(ca.rootCertificate)],
    ctlogs: ctLog ? [logOf(ctKeys.publicKey)] : [],
    timestampAuthorities: [authorityOf(tsa.intCertificate, tsa.rootCertificate)],
  };
  return {
    root: JSON.stringify(root),
    async sign(claim, form, { identity = IDENTITY, issuer = ISSUER, time = 'log', tamper } = {}) {
      const keys = pair();
      const isEnvelope = 'statement' in claim;
      const payload = Buffer.from(JSON.stringify(isEnvelope ? claim.statement : claim.payload));
      const signature = sign('sha256', isEnvelope ? preAuth(payload) : payload, keys.privateKey);
      const certificate = await ca.issueCertificate({
        publicKey: spki(keys.publicKey),
        subjectAltName: identity,
        extensions: [{ oid: '1.3.6.1.4.1.57264.1.8', value: issuer }],
      });
      const entry = isEnvelope ? dsseEntry(payload, signature) : hashedEntry(payload, signature);
      const logged = Object.values(await tlog.log(entry))[0] as Logged;
      const timestamp = time === 'timestamp' ? base64(await tsa.timestamp(requestFor(signature))) : undefined;
      const said = tamper ? Buffer.from(payload.toString().replace('sha256', 'sha257')) : payload;
      const made = { isEnvelope, said, signature, certificate, logged, time, timestamp };
      return form === 'bundle' ? bundlePart(made) : cosign2Part(made);
    },
  };
}

interface Made {
  isEnvelope: boolean;
  said: Buffer;
  signature: Buffer;
  certificate: ArrayBufferView;
  logged: Logged;
  time: Signer['time'];
  timestamp: string | undefined;
}

function cosign2Part({
  isEnvelope,
  said,
  signature,
  certificate,
  logged,
  time,
  timestamp,
}: Made): SignedPart {
  const stamp = JSON.stringify({ SignedRFC3161Timestamp: timestamp });
  return {
    mediaType: isEnvelope
      ? 'application/vnd.dsse.envelope.v1+json'
      : 'application/vnd.dev.cosign.simplesigning.v1+json',
    bytes: isEnvelope ? Buffer.from(JSON.stringify(envelopeOf(said, signature))) : said,
    annotations: {
      'dev.cosignproject.cosign/signature': isEnvelope ? '' : signature.toString('base64'),
      'dev.sigstore.cosign/certificate': pem(certificate),
      ...(time === 'nothing' ? {} : { 'dev.sigstore.cosign/bundle': cosignEntry(logged) }),
      ...(timestamp === undefined ? {} : { 'dev.sigstore.cosign/rfc3161timestamp': stamp }),
    },
  };
}

function bundlePart({ said, signature, certificate, logged, time, timestamp }: Made): SignedPart {
  const stamps = timestamp === undefined ? [] : [{ signedTimestamp: timestamp }];
  const verificationMaterial = {
    certificate: { rawBytes: base64(certificate) },
    tlogEntries: [bundleEntry(logged, time === 'log')],
    timestampVerificationData: { rfc3161Timestamps: stamps },
  };
  const bundle = { mediaType: BUNDLE, verificationMaterial, dsseEnvelope: envelopeOf(said, signature) };
  return { mediaType: BUNDLE, bytes: Buffer.from(JSON.stringify(bundle)), annotations: {} };
}

function spki(key: KeyObject): Buffer<ArrayBuffer> {
  return Buffer.from(key.export({ type: 'spki', format: 'der' }));
}

function logOf(publicKey: KeyObject): object {
  const key = spki(publicKey);
  return {
    baseUrl: LOG,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: key.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: '2020-01-01T00:00:00Z' },
    },
    logId: { keyId: createHash('sha256').update(key).digest('base64') },
  };
}

function authorityOf(...chain: ArrayBufferView[]): object {
  return {
    subject: { organization: 'test', commonName: 'test' },
    certChain: { certificates: chain.map((each) => ({ rawBytes: base64(each) })) },
    validFor: { start: '2020-01-01T00:00:00Z' },
  };
}

function requestFor(signature: Buffer) {
  return {
    artifactHash: createHash('sha256').update(signature).digest(),
    hashAlgorithmOID: '2.16.840.1.101.3.4.2.1',
    nonce: 1,
    policyOID: '1.3.6.1.4.1.57264.2',
    certReq: true,
  };
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

function base64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength)).toString('base64');
}

function pem(der: ArrayBufferView): string {
  const lines = base64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
