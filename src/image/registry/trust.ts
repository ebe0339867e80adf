import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { messageOf, PromoteError } from '../../errors.ts';

/**
 * The authorities that are trusted with `registry_ca`, as PEM: it comes beside the known ones, as Docker does
 * it, not in their place: layers may be read elsewhere, by a redirect, and a mirror has another certificate
 * than the registry.
 *
 * @throws PromoteError `registry-config` where it is no certificate
 */
export function authoritiesWith(pem: string): string[] {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new PromoteError('registry-config', `\`registry_ca\` is no certificate: ${messageOf(error)}.`, {
      hint: 'It is the PEM of the authority: -----BEGIN CERTIFICATE----- …',
      cause: error,
    });
  }
  return [...getCACertificates('default'), pem];
}
