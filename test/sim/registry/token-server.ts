import { execFileSync } from 'node:child_process';
import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A token server for the real registry, which checks the signatures of its tokens (Distribution's token authentication). */
export interface TokenServer {
  /** The registry's `auth.token`. */
  config: Record<string, string>;
  /** A header that may push anywhere. */
  pushToken(): string;
  close(): Promise<void>;
}

const SERVICE = 'a registry';
const ISSUER = 'a token server';

/** Starts it on loopback; its key and certificate are made by openssl, in the folder. Known users get what they ask for, others may pull from `open/…`. */
export async function startTokenServer(
  folder: string,
  user: { name: string; password: string },
): Promise<TokenServer> {
  const [keyFile, certificateFile] = [join(folder, 'token.key'), join(folder, 'token.crt')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...args, '-subj', '/CN=tokens', '-keyout', keyFile, '-out', certificateFile], {
    stdio: 'ignore',
  });
  const key = createPrivateKey(readFileSync(keyFile));
  const { raw } = new X509Certificate(readFileSync(certificateFile));

  function tokenFor(scopes: readonly string[]): string {
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      return { type, name, actions: actions.split(',') };
    });
    const claims = {
      iss: ISSUER,
      sub: 'ann',
      aud: SERVICE,
      exp: now + 300,
      nbf: now - 10,
      iat: now,
      jti: randomUUID(),
      access,
    };
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const head = `${encode({ typ: 'JWT', alg: 'ES256', x5c: [raw.toString('base64')] })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(head), { key, dsaEncoding: 'ieee-p1363' });
    return `${head}.${signature.toString('base64url')}`;
  }

  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://tokens');
    const given = request.headers.authorization;
    const isKnown = given === `Basic ${Buffer.from(`${user.name}:${user.password}`).toString('base64')}`;
    if (given !== undefined && !isKnown) return void response.writeHead(401).end('{}');
    const scopes = url.searchParams
      .getAll('scope')
      .filter((scope) => isKnown || scope.startsWith('repository:open/'));
    response.end(JSON.stringify({ token: tokenFor(scopes), expires_in: 300 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const realm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const everywhere = ['shop/web', 'prod/web', 'open/web'].map((path) => `repository:${path}:pull,push`);
  return {
    config: { realm, service: SERVICE, issuer: ISSUER, rootcertbundle: certificateFile },
    pushToken: () => `Bearer ${tokenFor(everywhere)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
