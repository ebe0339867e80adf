import { at, parseJson } from './json.ts';

/** What a signer says: which digests are signed, or who has built them. */
export interface Claim {
  kind: 'signature' | 'provenance' | 'other';
  digests: readonly string[];
  /** The id of the builder, of a provenance. */
  builder?: string;
}

const SIGNATURE_TYPE = 'cosign container image signature';
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';
const PROVENANCE = /^https:\/\/slsa\.dev\/provenance\/v/;
const IN_TOTO = 'application/vnd.in-toto+json';

/**
 * The claim of a simple-signing payload (containers/image, atomic-signature.md).
 */
export function claimOfPayload(bytes: Buffer): Claim {
  const critical = at(parseJson(bytes), 'critical');
  const digest = at(at(critical, 'image'), 'docker-manifest-digest');
  return typeof digest === 'string' && at(critical, 'type') === SIGNATURE_TYPE
    ? { kind: 'signature', digests: [digest] }
    : { kind: 'other', digests: [] };
}

/** The claim of an in-toto statement: a signature of cosign, a provenance of SLSA, or another attestation. */
export function claimOfStatement(payloadType: string, payload: Buffer): Claim {
  if (payloadType !== IN_TOTO) return { kind: 'other', digests: [] };
  const statement = parseJson(payload);
  const subjects = at(statement, 'subject');
  const digests = (Array.isArray(subjects) ? subjects.slice(0, 100) : []).flatMap((subject) => {
    const hex = at(at(subject, 'digest'), 'sha256');
    return typeof hex === 'string' ? [`sha256:${hex}`] : [];
  });
  const type = at(statement, 'predicateType');
  if (type === SIGN_PREDICATE) return { kind: 'signature', digests };
  if (typeof type !== 'string' || !PROVENANCE.test(type)) return { kind: 'other', digests };
  const builder = builderOf(at(statement, 'predicate'));
  return { kind: 'provenance', digests, ...(builder === undefined ? {} : { builder }) };
}

/** SLSA 1 has the builder in `runDetails`, earlier versions at the top. */
function builderOf(predicate: unknown): string | undefined {
  const id = at(at(at(predicate, 'runDetails') ?? predicate, 'builder'), 'id');
  return typeof id === 'string' ? id : undefined;
}
