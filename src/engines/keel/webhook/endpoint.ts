import { PromoteError } from '../../../errors.ts';

/** The path of Keel's own webhook, the one that names an image by `name` and `tag`. */
export const NATIVE_PATH = '/v1/webhooks/native';

/** An address to send to, without its credentials. */
export interface Endpoint {
  /** The address, never with user or password. */
  readonly url: string;
  /** For the log: as `url`, but with the values of secret-looking query parameters hidden. */
  readonly shown: string;
  /** The path ends in Keel's native webhook, possibly below a prefix. */
  readonly isNative: boolean;
  /** The credentials of the address. */
  readonly auth: { readonly username: string; readonly password: string } | undefined;
}

const SECRET_NAME = /auth|token|secret|key|passw|cookie|signature|sig$/i;

/** Whether a header or a query parameter of this name is hidden in every output. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

/** Parses an address. @throws PromoteError `urls` if the text is not an absolute http or https address. */
export function endpointOf(text: string): Endpoint {
  // The text may contain a password, so the message leaves out the credentials.
  const safe = text.trim().replace(/\/\/[^/@]*@/, '//***@');
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new PromoteError('urls', `"${safe}" in \`urls\` is not an http or https address.`, {
      hint: `Write it in full, such as http://keel.example.com:9300${NATIVE_PATH}.`,
    });
  }
  const auth =
    url.username === '' && url.password === ''
      ? undefined
      : { username: decoded(url.username), password: decoded(url.password) };
  url.username = '';
  url.password = '';
  url.hash = '';
  return {
    url: url.href,
    shown: shownOf(url),
    isNative: url.pathname.replace(/\/+$/, '').endsWith(NATIVE_PATH),
    auth,
  };
}

function shownOf(url: URL): string {
  const shown = new URL(url);
  for (const name of new Set(shown.searchParams.keys())) {
    if (isSecretName(name)) shown.searchParams.set(name, '***');
  }
  return shown.href;
}

/** Decodes percent escapes. A stray % stays as it is, because a password may contain one. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
