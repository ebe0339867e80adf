/** A payload in a DSSE envelope, and the bytes that its signatures cover. */
export interface Envelope {
  payload: Buffer;
  signed: Buffer;
  signatures: readonly string[];
}

const SIGNATURE_TYPE = 'cosign container image signature';

/**
 * The digests that a simple-signing payload is for (containers/image, atomic-signature.md): one, or none if
 * the payload is of another kind.
 */
export function namesInPayload(bytes: Buffer): string[] {
  const critical = at(parse(bytes), 'critical');
  const digest = at(at(critical, 'image'), 'docker-manifest-digest');
  return typeof digest === 'string' && at(critical, 'type') === SIGNATURE_TYPE ? [digest] : [];
}

/** The subject of a payload, for a message. */
export function describePayload(bytes: Buffer): string {
  const [digest] = namesInPayload(bytes);
  return digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : 'something else';
}

/**
 * The envelope of a Sigstore bundle. Its signatures cover type and payload, each with its length (DSSE,
 * protocol.md).
 */
export function dssePayload(bundle: Buffer): Envelope | undefined {
  const envelope = at(parse(bundle), 'dsseEnvelope');
  const [type, payload, signatures] = [
    at(envelope, 'payloadType'),
    at(envelope, 'payload'),
    at(envelope, 'signatures'),
  ];
  if (typeof type !== 'string' || typeof payload !== 'string' || !Array.isArray(signatures)) return undefined;
  const body = Buffer.from(payload, 'base64');
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `;
  return {
    payload: body,
    signed: Buffer.concat([Buffer.from(head), body]),
    signatures: signatures
      .slice(0, 10)
      .map((each) => at(each, 'sig'))
      .filter((sig) => typeof sig === 'string'),
  };
}

/**
 * The digests that an in-toto statement is about; undefined if it is not cosign's statement of a signature.
 */
export function namesInStatement(payload: Buffer): string[] | undefined {
  const statement = parse(payload);
  if (at(statement, 'predicateType') !== 'https://sigstore.dev/cosign/sign/v1') return undefined;
  const subjects = at(statement, 'subject');
  return (Array.isArray(subjects) ? subjects.slice(0, 100) : []).flatMap((subject) => {
    const hex = at(at(subject, 'digest'), 'sha256');
    return typeof hex === 'string' ? [`sha256:${hex}`] : [];
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
