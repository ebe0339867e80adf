import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { messageOf, PromoteError } from '../../errors.ts';

/**
 * The authorities to trust with `registry_ca`, as PEM. As in Docker, it is added to the known ones instead of
 * replacing them, because a redirect may lead to another host for layers, and a mirror has another
 * certificate than the registry.
 *
 * @throws PromoteError `registry-config` if it is not a certificate
 */
export function authoritiesWith(pem: string): string[] {
  try {
    new X509Certificate(pem);
  } catch (error) {
    throw new PromoteError('registry-config', `\`registry_ca\` is not a certificate: ${messageOf(error)}.`, {
      hint: 'Set it to the PEM of the certificate authority: -----BEGIN CERTIFICATE----- …',
      cause: error,
    });
  }
  return [...getCACertificates('default'), pem];
}
