import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { messageOf, PromoteError } from '../../errors.ts';

/** Whether a signature (base64) of the data was made with the matching private key. */
export type IsSigned = (data: Buffer, signature: string) => boolean;

/**
 * The check for a kind of key, as cosign signs with it: ECDSA or RSA (PKCS #1) over SHA-256, or Ed25519.
 * cosign 2.6 signs with Ed25519ph, which node:crypto lacks; other tools sign with plain Ed25519 (both RFC
 * 8032).
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

/** A malformed signature counts as not made with this key. */
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
  const fail = (reason: string): never => {
    throw new PromoteError('verify-key', `\`verify_key\` is not a public key: ${reason}.`, {
      hint: 'Set it to the content of cosign.pub: -----BEGIN PUBLIC KEY----- …',
    });
  };
  if (/PRIVATE KEY/.test(pem)) fail('it is a private key, which only the signer should have');
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
