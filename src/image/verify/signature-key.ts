import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { messageOf, PromoteError } from '../../errors.ts';

/** Whether a signature (base64) of the data was made with the key's other half. */
export type IsSigned = (data: Buffer, signature: string) => boolean;

/**
 * ECDSA and RSA (PKCS #1) over SHA-256, or Ed25519, as cosign signs with a key of that kind. cosign 2.6 signs
 * with Ed25519ph, which node:crypto does not have; with plain Ed25519 others do (both RFC 8032).
 */
export async function verifierOf(key: KeyObject): Promise<IsSigned> {
  if (key.asymmetricKeyType !== 'ed25519')
    return lenient((data, signature) => verify('sha256', data, key, signature));
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  return lenient(
    (data, signature) => verify(null, data, key, signature) || ed25519ph.verify(signature, data, raw),
  );
}

/** What is no signature at all is none of this key. */
function lenient(check: (data: Buffer, signature: Buffer) => boolean): IsSigned {
  return (data, signature) => {
    try {
      return check(data, Buffer.from(signature, 'base64'));
    } catch {
      return false;
    }
  };
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
