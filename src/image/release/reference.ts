import { PromoteError } from '../../errors.ts';

/** A parsed image reference, normalised as in Docker. */
export interface Reference {
  /** Registry host, with its port; `docker.io` if the reference has none. */
  registry: string;
  /** Repository below the registry: `library/nginx`. */
  path: string;
  tag: string | undefined;
  /** `sha256:…` */
  digest: string | undefined;
}

/**
 * The grammar of the Distribution project (distribution/reference, reference.go): each pattern is anchored,
 * and has no nested repetition over the same characters, so that hostile input takes linear time.
 */
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const HOST =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const NAME_LIMIT = 255;

/**
 * Parses `[registry[:port]/]path[:tag][@digest]`.
 *
 * @throws PromoteError `reference` that says which part is wrong
 */
export function parseReference(text: string): Reference {
  const fail = (message: string, hint?: string): never => {
    const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
    throw new PromoteError(
      'reference',
      `"${shown}" is not an image reference: ${message}.`,
      hint ? { hint } : {},
    );
  };
  if (text.length > 1024) fail('it is longer than any reference may be');
  const [beforeDigest = '', digest, ...rest] = text.split('@');
  if (rest.length > 0) fail('it has more than one @');
  if (digest !== undefined && !DIGEST.test(digest)) fail(`"${digest}" is not a digest (sha256:…)`);
  const { name, tag } = splitTag(beforeDigest);
  if (tag !== undefined && !TAG.test(tag)) {
    fail(
      `"${tag}" is not a tag`,
      tag.includes('+')
        ? 'A tag cannot have a "+". Write the build metadata of a version with "-" or "_".'
        : 'A tag has at most 128 letters, digits, ".", "_" and "-", and does not begin with "." or "-".',
    );
  }
  if (name === '') fail('it has no repository');
  const { registry, path } = splitRegistry(name);
  if (!HOST.test(registry)) fail(`"${registry}" is not a registry's host`);
  const bad = path.split('/').find((component) => !COMPONENT.test(component));
  if (bad !== undefined) {
    fail(
      bad === '' ? 'its repository has an empty part' : `"${bad}" is not a part of a repository's name`,
      /[A-Z]/.test(bad) ? 'Write repositories in lower case.' : undefined,
    );
  }
  if (registry.length + path.length + 1 > NAME_LIMIT)
    fail(`its name is longer than ${NAME_LIMIT} characters`);
  return { registry, path, tag, digest };
}

/** The full form of a reference: `docker.io/library/nginx:1.27`. */
export function formatReference({ registry, path, tag, digest }: Reference): string {
  return `${registry}/${path}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether two references name the same repository, in whatever form; false if one does not parse. */
export function sameRepository(a: string, b: string): boolean {
  try {
    const [first, second] = [parseReference(a), parseReference(b)];
    return first.registry === second.registry && first.path === second.path;
  } catch {
    return false;
  }
}

function splitTag(text: string): { name: string; tag: string | undefined } {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.includes('/', colon)) return { name: text, tag: undefined };
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}

/**
 * Docker's rule: the first part is a host if it has a "." or ":", or is "localhost", or has an upper-case
 * letter.
 */
function splitRegistry(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  const path = isHost ? name.slice(slash + 1) : name;
  const registry = !isHost || first === 'index.docker.io' ? 'docker.io' : first;
  return { registry, path: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}
