import type { IncomingMessage } from 'node:http';

/** How a registry asks who is there. */
export type RegistryAuth =
  | { kind: 'none' }
  | { kind: 'basic'; users: Readonly<Record<string, string>> }
  | {
      kind: 'token';
      users: Readonly<Record<string, string>>;
      /** Repositories that those without credentials may pull from. */
      anonymous: readonly string[];
      /** Requests for which a token is good; then a new one is asked for. */
      lasts?: number;
      /** Refresh tokens, as Azure's helper leaves them. */
      identityTokens?: readonly string[];
    };

interface Token {
  scopes: string[];
  left: number;
}

/** The token server's and the registry's side of authentication. */
export function createAuth(auth: RegistryAuth, service: string, realm: () => string) {
  const tokens = new Map<string, Token>();
  let count = 0;
  const known = (header: string | undefined): boolean => {
    const [, user = '', password = ''] =
      /^([^:]*):(.*)$/s.exec(Buffer.from(header?.replace(/^Basic /, '') ?? '', 'base64').toString()) ?? [];
    return auth.kind !== 'none' && Object.hasOwn(auth.users, user) && auth.users[user] === password;
  };

  return {
    /** undefined: come in; else the challenge of a 401. */
    challenge(request: IncomingMessage, scope: string): string | undefined {
      const given = request.headers.authorization;
      if (auth.kind === 'none') return undefined;
      if (auth.kind === 'basic') return known(given) ? undefined : 'Basic realm="registry, of the sim"';
      const token = tokens.get(given?.replace(/^Bearer /, '') ?? '');
      const [, path = '', actions = ''] = scope.split(':');
      const granted = token?.scopes.some((each) => {
        const [, itsPath, its = ''] = each.split(':');
        return itsPath === path && actions.split(',').every((action) => its.split(',').includes(action));
      });
      if (token && token.left > 0 && (granted || path === '')) {
        token.left -= 1;
        return undefined;
      }
      const error = token ? `,error="${token.left > 0 ? 'insufficient_scope' : 'invalid_token'}"` : '';
      return `Bearer realm="${realm()}",service="${service}",scope="${scope}"${error}`;
    },
    /** The answer of the token server. */
    token(request: IncomingMessage, url: URL, body: string): { status: number; body: object } {
      if (auth.kind !== 'token') return { status: 404, body: {} };
      const form = new URLSearchParams(body);
      const byIdentity = request.method === 'POST';
      const isKnown = byIdentity
        ? (auth.identityTokens ?? []).includes(form.get('refresh_token') ?? '')
        : known(request.headers.authorization);
      const isAnonymous = !byIdentity && request.headers.authorization === undefined;
      if (!isKnown && !isAnonymous)
        return { status: 401, body: { details: 'incorrect username or password' } };
      if (url.searchParams.get('service') !== service && form.get('service') !== service)
        return { status: 400, body: { details: 'another service' } };
      const asked = byIdentity ? (form.get('scope') ?? '').split(' ') : url.searchParams.getAll('scope');
      const isOpen = (scope: string) => auth.anonymous.includes(scope.split(':')[1] ?? '');
      const scopes = isKnown ? asked : asked.filter(isOpen).map((scope) => scope.replace(/[^:]*$/, 'pull'));
      const token = `token-${++count}`;
      tokens.set(token, { scopes, left: auth.lasts ?? Number.POSITIVE_INFINITY });
      return { status: 200, body: byIdentity ? { access_token: token } : { token, expires_in: 300 } };
    },
  };
}
