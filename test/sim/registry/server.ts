import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { digestOf } from '../../../src/image/registry/manifest.ts';
import { createAuth, type RegistryAuth } from './auth.ts';
import { createRegistryStore, type RegistryStore } from './store.ts';

export interface RegistryOptions {
  auth?: RegistryAuth;
  /** Tags on a page, at the most. */
  pageSize?: number;
  /** Tags that exist stay as they are (ECR's and Harbor's immutability). */
  immutable?: boolean;
  /** Blobs cannot be mounted from another repository. */
  noMount?: boolean;
  /** There is no referrers API. */
  noReferrers?: boolean;
  /** Its referrers API is newer than what was pushed, and lists nothing. */
  forgetsReferrers?: boolean;
  /** It lists each referrer on a page of its own. */
  pagesReferrers?: boolean;
  /** Blobs are read elsewhere: the answer is a redirect to there. */
  blobsAt?: string;
  /** Repositories that nobody may write to. */
  readOnly?: readonly string[];
  /** It speaks TLS with this certificate (PEM). */
  tls?: { cert: string; key: string };
  /** Told when a request begins and ends, so that virtual time waits for it. */
  clock?: { busy(by: 1 | -1): void };
}

/** An answer given instead of the real one, once. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'hang'
  | 'reset'
  | 'drip';

export interface SeenRequest {
  method: string;
  path: string;
  authorization: string | undefined;
  bytesIn: number;
  bytesOut: number;
}

/** A registry that speaks the OCI Distribution specification on loopback, in plain HTTP or TLS. */
export interface SimRegistry {
  /** `127.0.0.1:PORT` */
  host: string;
  store: RegistryStore;
  /** Every request but those for tokens. */
  seen: SeenRequest[];
  tokenRequests: SeenRequest[];
  /** For the next requests below `/v2/`, one each. */
  fail(...faults: Fault[]): void;
  options: RegistryOptions;
  close(): Promise<void>;
}

const NOT_FOUND = { manifests: 'MANIFEST_UNKNOWN', tags: 'NAME_UNKNOWN', blobs: 'BLOB_UNKNOWN' };

export async function startRegistry(options: RegistryOptions = {}): Promise<SimRegistry> {
  const store = createRegistryStore();
  const seen: SeenRequest[] = [];
  const tokenRequests: SeenRequest[] = [];
  const faults: Fault[] = [];
  const uploads = new Map<string, Buffer>();
  const auth = createAuth(options.auth ?? { kind: 'none' }, 'sim', () => `http://${host}/token`);
  let host = '';

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<undefined> {
    const url = new URL(request.url ?? '/', `http://${host}`);
    const isToken = url.pathname === '/token';
    const record: SeenRequest = {
      method: request.method ?? '',
      path: url.pathname + url.search,
      authorization: request.headers.authorization,
      bytesIn: 0,
      bytesOut: 0,
    };
    (isToken ? tokenRequests : seen).push(record);
    options.clock?.busy(1);
    response.once('close', () => options.clock?.busy(-1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    record.bytesIn = body.length;
    const reply = (
      status: number,
      headers: Record<string, string> = {},
      content: Buffer | string = '',
    ): undefined => {
      record.bytesOut = request.method === 'HEAD' ? 0 : Buffer.byteLength(content);
      const length = { 'Content-Length': String(Buffer.byteLength(content)) };
      response.writeHead(status, {
        'Docker-Distribution-Api-Version': 'registry/2.0',
        ...length,
        ...headers,
      });
      response.end(request.method === 'HEAD' ? undefined : content);
    };
    const fault = isToken ? undefined : faults.shift();
    if (fault === 'hang') return undefined;
    if (fault === 'reset') {
      request.socket.destroy();
      return undefined;
    }
    if (fault === 'drip') {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '1000' });
      response.write('{');
      return undefined;
    }
    if (fault) return reply(fault.status, fault.headers, fault.body);
    if (isToken) {
      const answer = auth.token(request, url, body.toString());
      return reply(answer.status, { 'Content-Type': 'application/json' }, JSON.stringify(answer.body));
    }
    answer({ request, url, body, reply });
  }

  interface Exchange {
    request: IncomingMessage;
    url: URL;
    body: Buffer;
    reply(status: number, headers?: Record<string, string>, content?: Buffer | string): undefined;
  }

  function answer({ request, url, body, reply }: Exchange): undefined {
    const found = /^\/v2\/(.+)\/(manifests|blobs|tags|referrers)\/(.*)$/.exec(url.pathname);
    const [, path = '', what = '', rest = ''] = found ?? [];
    const isWrite = !['GET', 'HEAD'].includes(request.method ?? '');
    const scope = path === '' ? '' : `repository:${path}:${isWrite ? 'pull,push' : 'pull'}`;
    const challenge = auth.challenge(request, scope);
    if (challenge !== undefined) return reply(401, { 'WWW-Authenticate': challenge }, error('UNAUTHORIZED'));
    if (isWrite && options.readOnly?.includes(path)) return reply(403, {}, error('DENIED'));
    if (url.pathname === '/v2/') return reply(200, {}, '{}');
    const notFound = () => reply(404, {}, error(NOT_FOUND[what as keyof typeof NOT_FOUND] ?? 'NAME_UNKNOWN'));
    if (what === 'tags') return tags(path, url, reply, notFound);
    if (what === 'referrers') {
      if (options.noReferrers) return reply(404, { 'Content-Type': 'text/plain' }, '404 page not found\n');
      const all = options.forgetsReferrers ? [] : referrers(store, path, rest);
      const page = options.pagesReferrers ? Number(url.searchParams.get('page') ?? 0) : undefined;
      const manifests = page === undefined ? all : all.slice(page, page + 1);
      const mediaType = 'application/vnd.oci.image.index.v1+json';
      const hasMore = page !== undefined && page + 1 < all.length;
      const more = hasMore ? { Link: `<${url.pathname}?page=${page + 1}>; rel="next"` } : {};
      return reply(
        200,
        { 'Content-Type': mediaType, ...more },
        JSON.stringify({ schemaVersion: 2, mediaType, manifests }),
      );
    }
    if (what === 'manifests' && request.method === 'PUT')
      return putManifest(path, rest, request, body, reply);
    if (what === 'manifests') {
      const manifest = store.manifest(path, rest);
      if (!manifest) return notFound();
      return reply(
        200,
        { 'Content-Type': manifest.mediaType, 'Docker-Content-Digest': manifest.digest },
        manifest.bytes,
      );
    }
    if (what === 'blobs' && rest.startsWith('uploads/')) return upload(path, rest, request, url, body, reply);
    const bytes = store.repository(path)?.blobs.has(rest) ? store.blob(rest) : undefined;
    if (what !== 'blobs' || !bytes) return notFound();
    if (options.blobsAt !== undefined && request.method === 'GET')
      return reply(307, { Location: `${options.blobsAt}/${rest}` });
    reply(200, { 'Content-Type': 'application/octet-stream', 'Docker-Content-Digest': rest }, bytes);
  }

  function tags(path: string, url: URL, reply: Exchange['reply'], notFound: () => undefined): undefined {
    const repository = store.repository(path);
    if (!repository) return notFound();
    const all = [...repository.tags.keys()].sort();
    const last = url.searchParams.get('last');
    const size = Math.min(Number(url.searchParams.get('n') ?? 1000), options.pageSize ?? 1000);
    const from = last === null ? 0 : all.findIndex((tag) => tag > last);
    const page = from < 0 ? [] : all.slice(from, from + size);
    const more = from >= 0 && from + size < all.length;
    const link = `</v2/${path}/tags/list?last=${page.at(-1)}&n=${size}>; rel="next"`;
    reply(
      200,
      { 'Content-Type': 'application/json', ...(more ? { Link: link } : {}) },
      JSON.stringify({ name: path, tags: page }),
    );
  }

  function putManifest(
    path: string,
    reference: string,
    request: IncomingMessage,
    bytes: Buffer,
    reply: Exchange['reply'],
  ): undefined {
    const digest = digestOf(bytes);
    const repository = store.open(path);
    if (reference.includes(':') && reference !== digest) return reply(400, {}, error('DIGEST_INVALID'));
    const before = repository.tags.get(reference);
    if (options.immutable && before !== undefined && before !== digest)
      return reply(
        400,
        {},
        error(
          'TAG_INVALID',
          `The image tag '${reference}' already exists and cannot be overwritten because the repository is immutable.`,
        ),
      );
    const {
      manifests = [],
      layers = [],
      config,
    } = JSON.parse(bytes.toString()) as Record<string, { digest: string }[]> & {
      config?: { digest: string };
    };
    const missing = [
      ...manifests.filter((each) => !repository.manifests.has(each.digest)),
      ...[...layers, ...(config ? [config] : [])].filter((each) => !repository.blobs.has(each.digest)),
    ];
    if (missing.length > 0) return reply(404, {}, error('MANIFEST_BLOB_UNKNOWN'));
    store.putManifest(path, reference, { bytes, mediaType: request.headers['content-type'] ?? '' });
    reply(201, { 'Docker-Content-Digest': digest, Location: `/v2/${path}/manifests/${digest}` });
  }

  function upload(
    path: string,
    rest: string,
    request: IncomingMessage,
    url: URL,
    body: Buffer,
    reply: Exchange['reply'],
  ): undefined {
    const id = rest.replace('uploads/', '');
    const digest = url.searchParams.get('digest');
    if (request.method === 'POST') {
      const mount = url.searchParams.get('mount');
      const from = store.repository(url.searchParams.get('from') ?? '');
      if (mount !== null && !options.noMount && from?.blobs.has(mount)) {
        store.open(path).blobs.add(mount);
        return reply(201, { 'Docker-Content-Digest': mount });
      }
      const fresh = String(uploads.size + 1);
      uploads.set(fresh, Buffer.alloc(0));
      return reply(202, { Location: `/v2/${path}/blobs/uploads/${fresh}?state=a%2Bb`, Range: '0-0' });
    }
    const before = uploads.get(id);
    if (!before || url.searchParams.get('state') !== 'a+b')
      return reply(404, {}, error('BLOB_UPLOAD_UNKNOWN'));
    const whole = Buffer.concat([before, body]);
    if (request.method === 'PATCH') {
      uploads.set(id, whole);
      const Location = `/v2/${path}/blobs/uploads/${id}?state=a%2Bb`;
      return reply(202, { Location, Range: `0-${whole.length - 1}` });
    }
    if (digest === null || digestOf(whole) !== digest) return reply(400, {}, error('DIGEST_INVALID'));
    store.putBlob(path, whole);
    reply(201, { 'Docker-Content-Digest': digest });
  }

  const sockets = new Set<Socket>();
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy());
  };
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    store,
    seen,
    tokenRequests,
    options,
    fail: (...more) => {
      faults.push(...more);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function error(code: string, message = code.toLowerCase()): string {
  return JSON.stringify({ errors: [{ code, message }] });
}

/** The descriptors of what says of itself that it belongs to the digest. */
function referrers(store: RegistryStore, path: string, subject: string): object[] {
  return [...(store.repository(path)?.manifests ?? [])].flatMap(([digest, { bytes, mediaType }]) => {
    const manifest = JSON.parse(bytes.toString());
    if (manifest.subject?.digest !== subject) return [];
    return [
      {
        mediaType,
        digest,
        size: bytes.length,
        artifactType: manifest.artifactType ?? manifest.config?.mediaType,
      },
    ];
  });
}
