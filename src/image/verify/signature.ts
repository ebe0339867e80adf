import type { Bundle } from '@sigstore/bundle';
import { messageOf, PromoteError } from '../../errors.ts';
import type { Source } from '../registry/pull.ts';
import { type Claim, claimOfPayload, claimOfStatement } from './claim.ts';
import { findSigned, type Signed } from './find-signed.ts';
import { matches } from './matches.ts';
import { type Signer, type SignerSettings, signerOf } from './signer.ts';
import { toBundle } from './to-bundle.ts';

export interface SignatureSettings extends SignerSettings {
  /** The builder that a provenance has to name; without it a signature is enough. */
  verify_provenance?: string | undefined;
}

/** A check of a digest. @throws PromoteError `signature` if nothing valid is found */
export type SignatureCheck = (source: Source, digest: string) => Promise<string>;

/**
 * Makes the check that a digest was signed by whom the settings say, or, with `verify_provenance`, that this
 * signer attests which builder has built it. One valid signature is enough.
 *
 * @returns the check, which gives what was found, for the log
 * @throws PromoteError `verify-key`, `trusted-root` if a setting is not valid
 */
export async function signatureCheck(settings: SignatureSettings): Promise<SignatureCheck> {
  const signer = await signerOf(settings);
  const builder = settings.verify_provenance;
  return async (source, digest) => {
    const faults: string[] = [];
    for await (const signed of findSigned(source, digest, builder === undefined ? 'sig' : 'att')) {
      const fault = faultOf(signed, digest, signer, builder);
      if (fault === undefined) {
        const what = builder === undefined ? 'signed' : `built by ${builder}, attested`;
        return `${what} ${settings.verify_key === undefined ? 'by' : 'with'} ${signer.name}, ${signed.manifest}`;
      }
      faults.push(fault);
    }
    throw refusal(digest, faults, settings);
  };
}

/** Why something signed does not count; undefined if it does. */
function faultOf(
  signed: Signed,
  digest: string,
  signer: Signer,
  builder: string | undefined,
): string | undefined {
  try {
    const bundle = toBundle(signed);
    return signer.faultOf(bundle, signed.bytes) ?? faultOfClaim(claimOf(bundle, signed), digest, builder);
  } catch (error) {
    return `it is malformed (${messageOf(error)})`;
  }
}

function claimOf({ content }: Bundle, { form, bytes }: Signed): Claim {
  if (content.$case === 'dsseEnvelope') {
    return claimOfStatement(content.dsseEnvelope.payloadType, content.dsseEnvelope.payload);
  }
  // a bundle may have a signature without an envelope, and then nothing that says what it is for
  return form === 'simple' ? claimOfPayload(bytes) : { kind: 'other', digests: [] };
}

function faultOfClaim(claim: Claim, digest: string, builder: string | undefined): string | undefined {
  const wanted = builder === undefined ? 'signature' : 'provenance';
  if (claim.kind !== wanted) {
    return claim.kind === 'signature'
      ? 'it is a signature, not a provenance'
      : `it is ${claim.kind === 'provenance' ? 'a provenance' : 'another attestation'}, not a ${wanted}`;
  }
  if (!claim.digests.includes(digest)) {
    const [first] = claim.digests;
    return `it is for ${first !== undefined && /^sha256:[0-9a-f]{64}$/.test(first) ? first : 'something else'}`;
  }
  const isBuilder = claim.builder !== undefined && matches(builder ?? '*', claim.builder);
  return builder === undefined || isBuilder ? undefined : `it names the builder ${claim.builder ?? '(none)'}`;
}

function refusal(digest: string, faults: readonly string[], settings: SignatureSettings): PromoteError {
  const { verify_key, verify_provenance } = settings;
  const what = verify_provenance === undefined ? 'signature' : 'provenance';
  const key = verify_key === undefined ? '' : ' --key cosign.key';
  const hint =
    verify_provenance === undefined
      ? `Sign the digest: cosign sign${key} REPO@DIGEST.`
      : `Attest the digest: cosign attest${key} --type slsaprovenance1 --predicate FILE REPO@DIGEST, or let the builder do it.`;
  const message =
    faults.length === 0
      ? `${digest} has no ${what} in its registry.`
      : `${digest} has ${faults.length === 1 ? `a ${what} that is` : `${faults.length} signatures or attestations that are`} not valid: ${[...new Set(faults)].join('; ')}.`;
  return new PromoteError('signature', message, { hint });
}
