import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImageTarget } from './images.ts';
import { startTokenServer, type TokenServer } from './token-server.ts';

/** Debian's registry: `apt-get install docker-registry`. */
const PROGRAM = '/usr/bin/docker-registry';

/** Why the real registry cannot be had; undefined where it can. */
export const noRealRegistry = existsSync(PROGRAM) ? undefined : `${PROGRAM} is not installed`;

/** User and password of the real registry, where it asks; bcrypt is all that it takes. */
export const USER = { name: 'ann', password: 'pa55-word' };
const HTPASSWD = 'ann:$2y$05$abcdefghijklmnopqrstuujh9PDMrNlID7EOhE4sltp3nqIzxR/SS';

export interface RealRegistry {
  host: string;
  /** Puts images by HTTP, as a push does. */
  target: ImageTarget;
  close(): Promise<void>;
}

/** Starts Distribution 2.8 in a folder of its own, in plain HTTP; on loopback, or on an address of the lab. */
export async function startRealRegistry(
  auth: 'none' | 'basic' | 'token' = 'none',
  address = '127.0.0.1',
  port?: number,
): Promise<RealRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'drone-promote-registry-'));
  const host = `${address}:${port ?? (await freePort(address))}`;
  const tokens = auth === 'token' ? await startTokenServer(folder, USER) : undefined;
  writeFileSync(join(folder, 'htpasswd'), `${HTPASSWD}\n`);
  writeFileSync(join(folder, 'config.yml'), configOf(folder, host, auth, tokens));
  const child = spawn(PROGRAM, ['serve', join(folder, 'config.yml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  await answering(host, child, () => said);
  return {
    host,
    target: pusher(host, auth === 'token' ? () => tokens?.pushToken() : auth === 'basic' ? basic : undefined),
    async close() {
      child.kill('SIGKILL');
      await tokens?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const basic = () => `Basic ${Buffer.from(`${USER.name}:${USER.password}`).toString('base64')}`;

function configOf(folder: string, host: string, auth: string, tokens: TokenServer | undefined): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: join(folder, 'data') },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: host, secret: 'of-a-test' },
    ...(auth === 'basic'
      ? { auth: { htpasswd: { realm: 'a registry', path: join(folder, 'htpasswd') } } }
      : {}),
    ...(tokens ? { auth: { token: tokens.config } } : {}),
  });
}

/** A free port; nobody else takes ports here between this and its use. */
async function freePort(address: string): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answering(host: string, child: ChildProcess, said: () => string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${said()}`);
    const isUp = await new Promise<boolean>((resolve) => {
      http
        .get(`http://${host}/v2/`, (answer) => {
          answer.resume();
          resolve(true);
        })
        .on('error', () => resolve(false));
    });
    if (isUp) return;
    await sleep(50);
  }
  throw new Error(`docker-registry did not come up: ${said()}`);
}

/** Pushes as any client does: blobs in one piece, then manifests. */
function pusher(host: string, authorization: (() => string | undefined) | undefined): ImageTarget {
  const call = async (method: string, url: string, type?: string, body?: Buffer): Promise<Response> => {
    const token = authorization?.();
    const answer = await fetch(url, {
      method,
      headers: { ...(type ? { 'Content-Type': type } : {}), ...(token ? { Authorization: token } : {}) },
      ...(body ? { body: new Uint8Array(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  return {
    async blob(path, bytes) {
      const { digestOf } = await import('../../../src/image/registry/manifest.ts');
      const digest = digestOf(bytes);
      const begun = await call('POST', `http://${host}/v2/${path}/blobs/uploads/`);
      const upload = new URL(begun.headers.get('location') ?? '', `http://${host}`);
      upload.searchParams.set('digest', digest);
      await call('PUT', upload.href, 'application/octet-stream', bytes);
      return digest;
    },
    async manifest(path, reference, mediaType, bytes) {
      const answer = await call('PUT', `http://${host}/v2/${path}/manifests/${reference}`, mediaType, bytes);
      return answer.headers.get('docker-content-digest') ?? '';
    },
  };
}

/** Debian's image builder: `apt-get install buildah`. Nothing is run in a container: files are put into empty images. */
export const noBuildah = existsSync('/usr/bin/buildah') ? undefined : '/usr/bin/buildah is not installed';

/** Runs buildah with a storage of its own. */
export function buildah(folder: string, ...args: string[]): string {
  const storage = [
    '--root',
    join(folder, 'root'),
    '--runroot',
    join(folder, 'run'),
    '--storage-driver',
    'vfs',
  ];
  return execFileSync('buildah', [...storage, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
