import { PromoteError } from '../../errors.ts';
import type { Challenge } from './auth-challenge.ts';
import { bytesOf } from './body.ts';
import type { Credential } from './credentials.ts';
import type { Exchange, HttpRequest } from './exchange.ts';

/** Limit for an answer; registries' tokens have a few kilobytes. */
const LIMIT = 256 * 1024;

/**
 * Gets a bearer token as a challenge asks for it (the Distribution project's token authentication): by GET
 * with basic credentials, or by POST with an identity token (OAuth 2, as the helpers of Azure and Docker Hub
 * store it).
 *
 * @param scopes `repository:shop/web:pull`, …
 * @throws PromoteError `registry-denied` if the credentials are refused
 */
export async function fetchToken(
  exchange: Exchange,
  { params }: Challenge,
  scopes: readonly string[],
  credential: Credential | undefined,
  registry: URL,
): Promise<string> {
  const realm = URL.parse(params.realm ?? '');
  if (!realm || !/^https?:$/.test(realm.protocol))
    throw new PromoteError(
      'registry',
      `The registry at ${registry.host} asks for a token, but does not say where to get one.`,
    );
  // a registry with HTTPS must not make this program send the password elsewhere in plain text
  const inTheClear = registry.protocol === 'https:' && realm.protocol === 'http:';
  const answer = await exchange.send(
    tokenRequest(realm, params.service, scopes, inTheClear ? undefined : credential),
  );
  const { status } = answer;
  const body = await bytesOf(answer, LIMIT);
  const token = status === 200 ? tokenIn(body) : undefined;
  if (token !== undefined) return token;
  if (status !== 200 && status < 500) {
    throw new PromoteError(
      'registry-denied',
      credential
        ? `The registry at ${registry.host} refuses the credentials (its token server ${realm.host} answers ${status}).`
        : `The registry at ${registry.host} gives no token without credentials (${realm.host} answers ${status}).`,
    );
  }
  throw new PromoteError('registry', `The token server ${realm.host} answers ${status} without a token.`);
}

function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credential: Credential | undefined,
): HttpRequest {
  if (credential?.identityToken !== undefined) {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credential.identityToken,
      client_id: 'drone-promote',
      ...(service === undefined ? {} : { service }),
      scope: scopes.join(' '),
    });
    return {
      method: 'POST',
      url: realm,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers: credential ? { Authorization: basic(credential) } : {} };
}

/** The value of the Authorization header for basic authentication. */
export function basic({ username, password }: Credential): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function tokenIn(body: Buffer): string | undefined {
  try {
    const { token, access_token } = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const found = token || access_token;
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
  } catch {
    return undefined;
  }
}
