import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Bundle } from '@sigstore/bundle';
import { dsse } from '@sigstore/core';
import { messageOf, PromoteError } from '../../errors.ts';

/**
 * The check whether a signature was made with an Ed25519 key, which @sigstore/verify lacks. cosign signs with
 * Ed25519ph, which node:crypto lacks, too; other tools sign with plain Ed25519 (both RFC 8032).
 */
export async function ed25519Check(key: KeyObject): Promise<(bundle: Bundle, artifact: Buffer) => boolean> {
  const { ed25519ph } = await import('@noble/curves/ed25519.js');
  const raw = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
  return ({ content }, artifact) => {
    const [data, signature] =
      content.$case === 'dsseEnvelope'
        ? [
            dsse.preAuthEncoding(content.dsseEnvelope.payloadType, content.dsseEnvelope.payload),
            content.dsseEnvelope.signatures[0]?.sig ?? Buffer.alloc(0),
          ]
        : [artifact, content.messageSignature.signature];
    try {
      return verify(null, data, key, signature) || ed25519ph.verify(signature, data, raw);
    } catch {
      return false; // a malformed signature was not made with this key
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
