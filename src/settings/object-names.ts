import { shorten } from './duration.ts';
import { readEach } from './faults.ts';
import { list, type Parser } from './parsers.ts';

/** A workload: `deployment/NAME`, or `rollout/NAME` for Argo Rollouts. */
export const workload: Parser<{ kind: 'deployment' | 'rollout'; name: string }> = (given) => {
  const [kind, name, ...rest] = given.trim().split('/');
  if ((kind !== 'deployment' && kind !== 'rollout') || name === undefined || rest.length > 0) {
    throw new Error(
      `"${shorten(given)}" is not of the form deployment/NAME or rollout/NAME${similarWorkload(given)}`,
    );
  }
  return { kind, name: objectName(name) };
};

/** A suggestion for a name without its kind, or with one of kubectl's other spellings of the kind. */
function similarWorkload(given: string): string {
  const [, kind = 'deployment', name = ''] =
    /^(?:(deploy|deployment|rollout)s?(?:\.\w+)?\/)?([^/]+)$/i.exec(given.trim().slice(0, 300)) ?? [];
  if (name.length > 60 || !SUBDOMAIN.test(name) || /^(?:deployment|rollout)s?$/.test(name)) return '';
  return `; did you mean ${kind.toLowerCase().replace(/^deploy$/, 'deployment')}/${name}?`;
}

const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** The name of a namespaced object (RFC 1123 subdomain, as Kubernetes checks it). */
export const objectName: Parser<string> = (given) => {
  const name = given.trim();
  if (name.length > 253 || !SUBDOMAIN.test(name)) {
    throw new Error(
      `"${shorten(name)}" is not a valid Kubernetes name (lower-case letters, digits, "-" and ".")`,
    );
  }
  return name;
};

export const objectNames: Parser<readonly string[]> = (given) => readEach(list(given), objectName);
