import { existsSync, readFileSync } from 'node:fs';
import type { Bundle } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { type TrustMaterial, toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { messageOf, PromoteError } from '../../errors.ts';
import { parseJson } from './json.ts';
import { matches } from './matches.ts';
import { ed25519Check, publicKey } from './signature-key.ts';

/** The settings that say who must have signed. */
export interface SignerSettings {
  verify_key?: string | undefined;
  verify_identity?: string | undefined;
  verify_issuer?: string | undefined;
  verify_trusted_root?: string | undefined;
}

/** Whom a signature has to be of. */
export interface Signer {
  /** For the log: "the key of `verify_key`". */
  name: string;
  /**
   * Why a bundle is not of this signer; undefined if it is.
   *
   * @param artifact what a signature without an envelope is for
   */
  faultOf(bundle: Bundle, artifact: Buffer): string | undefined;
}

/** The signer of the settings. @throws PromoteError `verify-key`, `trusted-root` */
export async function signerOf(settings: SignerSettings): Promise<Signer> {
  const { verify_key: pem, verify_identity: identity = '', verify_issuer: issuer = '' } = settings;
  return pem === undefined
    ? keyless(identity, issuer, trustedRoot(settings.verify_trusted_root ?? ''))
    : await keyed(pem);
}

const OTHER_KEY = 'it was made with another key, or its payload was changed';

/** With a key alone, neither certificates nor logs nor timestamps count. */
async function keyed(pem: string): Promise<Signer> {
  const key = publicKey(pem);
  const isEd25519 = key.asymmetricKeyType === 'ed25519';
  const check = isEd25519 ? await ed25519Check(key) : undefined;
  const material = toTrustMaterial(TrustedRoot.fromJSON({}), () => ({
    publicKey: key,
    validFor: () => true,
  }));
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  return {
    name: 'the key of `verify_key`',
    faultOf(bundle, artifact) {
      if (check) return check(bundle, artifact) ? undefined : OTHER_KEY;
      try {
        const { signature } = toSignedEntity(bundle, artifact);
        const key = { $case: 'public-key', hint: '' } as const;
        verifier.verify({ signature, key, tlogEntries: [], timestamps: [] });
        return undefined;
      } catch {
        return OTHER_KEY;
      }
    },
  };
}

/**
 * With an identity, the certificate must be of an authority of the trusted root, of that issuer and identity,
 * and used while it was valid, by a log or a timestamp authority of that root. What the root does not have (a
 * private one may have no log of certificates) is not asked for.
 */
function keyless(identity: string, issuer: string, root: TrustedRoot): Signer {
  const material: TrustMaterial = toTrustMaterial(root);
  const verifier = new Verifier(material, {
    tlogThreshold: material.tlogs.length > 0 ? 1 : 0,
    ctlogThreshold: material.ctlogs.length > 0 ? 1 : 0,
  });
  return {
    name: `${identity} of ${issuer}`,
    faultOf(bundle, artifact) {
      const entity = toSignedEntity(bundle, artifact);
      if (entity.key.$case !== 'certificate') return 'it was made with a key, and has no certificate';
      try {
        const { identity: found } = verifier.verify(entity);
        const [name = 'nobody', by = 'no issuer'] = [
          found?.subjectAlternativeName,
          found?.extensions?.issuer,
        ];
        return by === issuer && matches(identity, name) ? undefined : `it was made by ${name} of ${by}`;
      } catch (error) {
        return `the trusted root does not confirm it: ${messageOf(error)}`;
      }
    },
  };
}

/** The trusted root of Sigstore's form: its text, or the path of a file that has it. */
function trustedRoot(given: string): TrustedRoot {
  const fail = (reason: string): never => {
    throw new PromoteError('trusted-root', `\`verify_trusted_root\` is not a trusted root: ${reason}.`, {
      hint: 'Write it with `cosign trusted-root create --with-default-services --out trusted_root.json`, and give its content or its path.',
    });
  };
  const isText = given.trim().startsWith('{');
  if (!isText && !existsSync(given)) fail('it is neither JSON nor a file that exists');
  const parsed = parseJson(isText ? given : readFileSync(given));
  try {
    const root = TrustedRoot.fromJSON(parsed);
    if (root.certificateAuthorities.length === 0) fail('it has no certificate authorities');
    if (root.tlogs.length + root.timestampAuthorities.length === 0)
      fail('it has neither a transparency log nor a timestamp authority');
    return root;
  } catch (error) {
    if (error instanceof PromoteError) throw error;
    return fail(messageOf(error));
  }
}
