import { shorten } from '../duration.ts';
import type { Parser } from '../parsers.ts';

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A host name as a route takes it (RFC 1123), alone: without a scheme, a port, a path or a wildcard. */
export const hostName: Parser<string> = (given) => {
  const host = given.trim();
  const fail = (why: string): never => {
    throw new Error(`"${shorten(host)}" ${why}`);
  };
  const example = 'example: preview.shop.example.com';
  if (['host', 'header'].includes(host))
    fail(`is not a host name; ${example} (testers come by a header with \`header\`)`);
  if (/^[a-z]+:\/\//i.test(host)) fail('has a scheme; write the host name alone');
  if (host.includes('/')) fail('has a path; write the host name alone');
  if (host.includes('*')) fail('is a wildcard; a preview has one host name');
  if (/^[0-9.]+$/.test(host) || /^\[?[0-9a-f:]*:[0-9a-f:]*\]?$/i.test(host))
    fail('is an address; routes know testers by a host name');
  if (host.includes(':')) fail('has a port; write the host name alone');
  if (/[A-Z]/.test(host)) fail('has capital letters, which Kubernetes refuses in a host');
  const labels = host.split('.');
  if (host.length > 253 || labels.length < 2 || !labels.every((label) => LABEL.test(label)))
    fail(`is not a host name with a domain (lower-case letters, digits, "-" and "."); ${example}`);
  return host;
};
