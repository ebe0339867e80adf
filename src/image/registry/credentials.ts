import { PromoteError } from '../../errors.ts';

/** A credential for a registry. An `identityToken` is used instead of the password to get a token. */
export interface Credential {
  username: string;
  password: string;
  identityToken?: string;
  /** A token that is sent unchanged. */
  registryToken?: string;
}

interface Entry {
  host: string;
  /**
   * The path below the host, as the kubelet allows it: `team` or `team/app`; empty for the whole registry.
   */
  path: string;
  credential: Credential;
}

/** Names of Docker Hub. The key of its entry is `https://index.docker.io/v1/`. */
const DOCKER_HUB = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'];
const LIMIT = 1024 * 1024;

/** The host of a key in `auths`, which may have a scheme, and may end with `/v1/` or `/v2/`. */
export function registryHost(key: string): string {
  const host = withoutScheme(key).split('/')[0]?.toLowerCase() ?? '';
  return DOCKER_HUB.includes(host) ? 'docker.io' : host;
}

/**
 * The credential that a docker config (`config.json`, a Secret's `.dockerconfigjson` or `.dockercfg`; as text
 * or base64 of it) has for a repository. Keys match as Docker matches them (the host, however it is written)
 * and as the kubelet does (the longest path that the repository begins with; `*` for a part of the host's
 * name).
 *
 * @param source its name in messages
 * @throws PromoteError `registry-config` if it is not a docker config; the message quotes nothing of it
 */
export function credentialIn(
  config: string,
  host: string,
  path: string,
  source = '`config`',
): Credential | undefined {
  const fitting = entriesOf(config, source).filter(
    (each) => hostFits(each.host, registryHost(host)) && pathFits(each.path, path),
  );
  const rank = (each: Entry) => each.path.length * 2 + Number(!each.host.includes('*'));
  return fitting.sort((a, b) => rank(b) - rank(a))[0]?.credential;
}

function entriesOf(config: string, source: string): Entry[] {
  const parsed = parse(config, source);
  const auths = isObject(parsed.auths) ? parsed.auths : parsed;
  return Object.entries(auths).flatMap(([key, value]) => {
    const credential = isObject(value) ? credentialOf(value) : undefined;
    if (!credential) return [];
    const path = withoutScheme(key)
      .split('/')
      .slice(1)
      .join('/')
      .replace(/\/+$/, '')
      .replace(/^v[12](?=\/|$)\/?/, '');
    return [{ host: registryHost(key), path, credential }];
  });
}

function credentialOf(entry: Readonly<Record<string, unknown>>): Credential | undefined {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : '');
  // as in Docker: split at the first colon, without trailing zero bytes, which some tools add
  const [, user = '', secret = ''] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(text('auth'), 'base64').toString('utf8').replace(/\0+$/, '')) ?? [];
  const credential: Credential = {
    username: text('auth') === '' ? text('username') : user,
    password: text('auth') === '' ? text('password') : secret,
    ...(text('identitytoken') === '' ? {} : { identityToken: text('identitytoken') }),
    ...(text('registrytoken') === '' ? {} : { registryToken: text('registrytoken') }),
  };
  const isEmpty = credential.username === '' && credential.password === '';
  return isEmpty && !credential.identityToken && !credential.registryToken ? undefined : credential;
}

function parse(config: string, source: string): Record<string, unknown> {
  const trimmed = config.trim();
  const json = trimmed.startsWith('{') ? trimmed : Buffer.from(trimmed, 'base64').toString('utf8');
  try {
    const parsed: unknown = json.length > LIMIT ? undefined : JSON.parse(json);
    if (isObject(parsed)) return parsed;
  } catch {
    // the error's message may quote the text
  }
  throw new PromoteError(
    'registry-config',
    `${source} is not a docker config: it is neither JSON nor the base64 of JSON.`,
    {
      hint: 'A docker config has the form {"auths": {"registry.example.com": {"auth": "base64 of user:password"}}}.',
    },
  );
}

function hostFits(pattern: string, host: string): boolean {
  if (!pattern.includes('*')) return pattern === host;
  const [parts, given] = [pattern.split('.'), host.split('.')];
  return parts.length === given.length && parts.every((part, index) => partFits(part, given[index] ?? ''));
}

/** Whether a part fits a pattern with at most one `*`, which matches any characters. */
function partFits(pattern: string, part: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === part;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return part.length >= head.length + tail.length && part.startsWith(head) && part.endsWith(tail);
}

function pathFits(prefix: string, path: string): boolean {
  return prefix === '' || path === prefix || path.startsWith(`${prefix}/`);
}

function withoutScheme(key: string): string {
  return key.trim().replace(/^https?:\/\//i, '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
