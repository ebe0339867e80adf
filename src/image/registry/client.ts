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
  /** `/v2/shop/web/manifests/1.2.0`, or a whole address that the registry has given. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  body?: Buffer | Readable;
  /** With a stream, which cannot be sent twice. */
  once?: true;
  /** `repository:shop/web:pull`: what a token is asked for. */
  scopes: readonly string[];
}

export interface RegistryOptions {
  /** With its port; `docker.io` is Docker Hub. */
  host: string;
  /** Plain HTTP, where HTTPS is not spoken. */
  insecure: boolean;
  /** Asked for once, when the registry wants to know who asks. */
  credential(): Promise<Credential | undefined>;
}

/** A registry, with its authentication: whoever sends a request need not know of it. */
export interface RegistryClient {
  host: string;
  /**
   * Any answer that is no question for credentials. @throws PromoteError `registry-unreachable`,
   * `registry-denied`, `registry`
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
  let asked: Promise<Credential | undefined> | undefined;
  let challenge: Challenge | undefined;
  const credential = () => {
    asked ??= options.credential();
    return asked;
  };

  async function reach(request: Omit<HttpRequest, 'url'>, path: string): Promise<HttpAnswer> {
    for (;;) {
      const [base, ...others] = bases;
      if (!base) throw new PromoteError('internal', 'A registry has no address.');
      const url = new URL(path, base);
      // an address that the registry has given may be anywhere: credentials stay here
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

  /** The header by which the registry knows who asks; undefined where it has not asked. */
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
      // the first without a token, or with one that has run out; the second with a new one
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

/** A token, where both are offered: that is what the registry's own clients take. */
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
    : new PromoteError('registry-denied', `The registry at ${host} lets nobody in without credentials.`, {
        hint: 'Set `registry_username` and `registry_password`, or `config` (a docker config).',
      });
}

/** Docker takes these to be registries of its own machine, and asks for no certificate. */
function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return name === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(name) || name === '[::1]';
}
