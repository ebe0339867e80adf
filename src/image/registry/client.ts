import type { Readable } from 'node:stream';
import { PromoteError } from '../../errors.ts';
import { type Challenge, parseChallenges } from './auth-challenge.ts';
import type { Credential } from './credentials.ts';
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.ts';
import { basic, fetchToken } from './token.ts';
import { mayBePlainHttp } from './unreachable.ts';

/** A request below the registry's root. */
interface RegistryRequest {
  method: HttpRequest['method'];
  /** `/v2/shop/web/manifests/1.2.0`, or a full URL from the registry. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | Readable;
  /** For a stream, which cannot be sent twice. */
  once?: true;
  /** The scopes of the token: `repository:shop/web:pull`. */
  scopes: readonly string[];
}

export interface RegistryOptions {
  /** With its port; `docker.io` is Docker Hub. */
  host: string;
  /** Whether plain HTTP is allowed if the registry does not speak HTTPS. */
  insecure: boolean;
  /** Called once, when the registry asks for credentials. */
  credential(): Promise<Credential | undefined>;
}

/** A client of one registry. It handles authentication for its callers. */
export interface RegistryClient {
  host: string;
  /**
   * Any answer but a request for credentials. @throws PromoteError `registry-unreachable`, `registry-denied`,
   * `registry`
   */
  send(request: RegistryRequest): Promise<HttpAnswer>;
}

export function createRegistryClient(exchange: Exchange, options: RegistryOptions): RegistryClient {
  const { host, insecure } = options;
  const name = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const bases = (insecure || isLoopback(host) ? ['https', 'http'] : ['https']).map(
    (scheme) => new URL(`${scheme}://${name}`),
  );
  const tokens = new Map<string, string>();
  let pending: Promise<Credential | undefined> | undefined;
  let challenge: Challenge | undefined;
  const credential = () => {
    pending ??= options.credential();
    return pending;
  };

  async function reach(request: Omit<HttpRequest, 'url'>, path: string): Promise<HttpAnswer> {
    for (;;) {
      const [base, ...others] = bases;
      if (!base) throw new PromoteError('internal', 'A registry has no address.');
      const url = new URL(path, base);
      // a URL from the registry may lead to another host, which must not get the credentials
      const { Authorization, ...rest } = request.headers;
      const headers =
        url.host === base.host && Authorization !== undefined ? { ...rest, Authorization } : rest;
      try {
        const answer = await exchange.send({ ...request, url, headers });
        bases.length = 1;
        return answer;
      } catch (error) {
        if (others.length === 0 || !mayBePlainHttp(error, url)) throw error;
        bases.shift();
      }
    }
  }

  /** The Authorization header; undefined if the registry has not asked for credentials. */
  async function authorization(scopes: readonly string[]): Promise<string | undefined> {
    const key = scopes.join(' ');
    const known = tokens.get(key);
    if (known !== undefined || !challenge) return known;
    const given = await credential();
    if (challenge.scheme === 'basic') {
      if (!given) throw denied(host, undefined);
      tokens.set(key, basic(given));
    } else {
      const [base = new URL(`https://${name}`)] = bases;
      const wanted = [...new Set([...scopes, ...(challenge.params.scope?.split(' ') ?? [])])];
      const token = given?.registryToken ?? (await fetchToken(exchange, challenge, wanted, given, base));
      tokens.set(key, `Bearer ${token}`);
    }
    return tokens.get(key);
  }

  return {
    host,
    async send({ method, path, headers = {}, body, once, scopes }) {
      const key = scopes.join(' ');
      // the first try has no token, or an expired one; the second has a new one
      for (let tries = 0; ; tries++) {
        const Authorization = await authorization(scopes);
        const answer = await reach(
          {
            method,
            headers: { ...headers, ...(Authorization === undefined ? {} : { Authorization }) },
            ...(body === undefined ? {} : { body }),
            ...(once ? { once } : {}),
          },
          path,
        );
        if (answer.status === 401 && tries === 0) {
          answer.body.destroy();
          tokens.delete(key);
          challenge = choose(parseChallenges(answer.headers['www-authenticate'] ?? ''));
          if (!challenge) throw denied(host, await credential());
          continue;
        }
        if (answer.status === 401 || answer.status === 403) {
          answer.body.destroy();
          throw denied(host, await credential());
        }
        return answer;
      }
    },
  };
}

/** Prefers a token if both schemes are offered, as the registry's own clients do. */
function choose(challenges: readonly Challenge[]): Challenge | undefined {
  return (
    challenges.find(({ scheme }) => scheme === 'bearer') ??
    challenges.find(({ scheme }) => scheme === 'basic')
  );
}

function denied(host: string, credential: Credential | undefined): PromoteError {
  return credential
    ? new PromoteError(
        'registry-denied',
        `The registry at ${host} refuses the credentials${credential.username ? ` of "${credential.username}"` : ''}, or they may not do this.`,
      )
    : new PromoteError('registry-denied', `The registry at ${host} requires credentials.`, {
        hint: 'Set `registry_username` and `registry_password`, or `config` (a docker config).',
      });
}

/** Whether the host is this machine. Like Docker, no certificate is required then. */
function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '[::1]';
}
