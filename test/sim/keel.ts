import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NATIVE_PATH } from '../../src/keel/endpoint.ts';

/** What a request gets in the place of Keel's answer, for one of the next requests. */
export type KeelFault =
  | { kind: 'reset' }
  /** Answers nothing, ever. */
  | { kind: 'silence' }
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string };

export interface KeelOptions {
  /** BASIC_AUTH_USER and BASIC_AUTH_PASSWORD: the admin part is on. */
  basicAuth?: { username: string; password: string };
  /** AUTHENTICATED_WEBHOOKS */
  authenticatedWebhooks?: boolean;
  /** The files of the user interface are there, as in the official image: any unknown path is the start page. */
  hasUi?: boolean;
}

export interface KeelRequestSeen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A server on loopback that answers the webhook as Keel 0.22.1 was measured to. */
export interface KeelServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The address of the native webhook. */
  readonly webhook: string;
  /** Every request, in order, faulty ones too. */
  readonly seen: KeelRequestSeen[];
  /** What was queued: `NAME:TAG`. */
  readonly queued: string[];
  /** The next requests, one each, get these. */
  fail(...faults: KeelFault[]): void;
  /** Resolves when the next request has come. */
  requested(): Promise<void>;
  close(): Promise<void>;
}

const PAGE =
  '<!DOCTYPE html><html><head><title>Keel</title></head><body><div id="app"></div></body></html>\n';
/** Keel sets these on every answer. */
const CORS = { 'Access-Control-Allow-Origin': '*' };

export async function startKeel(options: KeelOptions = {}): Promise<KeelServer> {
  const seen: KeelRequestSeen[] = [];
  const queued: string[] = [];
  const faults: KeelFault[] = [];
  const waiting: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const { method = '', url: path = '', headers } = request;
    seen.push({ method, path, headers, body });
    for (const wake of waiting.splice(0)) wake();
    const fault = faults.shift();
    if (fault === undefined) return answer(options, { method, path, headers, body }, response, queued);
    if (fault.kind === 'reset') request.socket.resetAndDestroy();
    if (fault.kind === 'answer') response.writeHead(fault.status, fault.headers).end(fault.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    webhook: `${url}${NATIVE_PATH}`,
    seen,
    queued,
    fail: (...more) => {
      faults.push(...more);
    },
    requested: () => new Promise((resolve) => waiting.push(resolve)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  options: KeelOptions,
  request: KeelRequestSeen,
  response: ServerResponse,
  queued: string[],
): void {
  const path = request.path.split('?')[0] ?? '';
  const text = (status: number, body: string) =>
    response
      .writeHead(status, { ...CORS, ...(body === '' ? {} : { 'Content-Type': 'text/plain; charset=utf-8' }) })
      .end(body);
  if (path.includes('//')) {
    return void response.writeHead(301, { ...CORS, Location: path.replace(/\/{2,}/g, '/') }).end();
  }
  if (path === '/healthz' && request.method === 'GET') return void text(200, '');
  if (path !== NATIVE_PATH || request.method !== 'POST') {
    if (options.hasUi && options.basicAuth) {
      return void response.writeHead(200, { ...CORS, 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
    }
    const isOtherMethod = path === NATIVE_PATH && !options.basicAuth;
    return void (isOtherMethod ? text(405, '') : text(404, '404 page not found\n'));
  }
  if (options.authenticatedWebhooks && !isAdmin(options, request.headers))
    return void text(401, 'Unauthorized\n');
  const { status, body, image } = webhook(request.body);
  if (image !== undefined) queued.push(image);
  text(status, body);
}

function webhook(text: string): { status: number; body: string; image?: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 400, body: '' };
  }
  if (Array.isArray(value) || (typeof value !== 'object' && value !== null)) return { status: 400, body: '' };
  const { name = '', tag = '' } = (value ?? {}) as { name?: unknown; tag?: unknown };
  if (typeof name !== 'string' || typeof tag !== 'string') return { status: 400, body: '' };
  if (name === '') return { status: 400, body: 'repository name cannot be empty' };
  if (tag === '') return { status: 400, body: 'repository tag cannot be empty' };
  return { status: 200, body: '', image: `${name}:${tag}` };
}

/** Without BASIC_AUTH_* any credentials will do (measured). */
function isAdmin({ basicAuth }: KeelOptions, headers: IncomingHttpHeaders): boolean {
  const given = headers.authorization?.replace(/^Basic /, '') ?? '';
  if (basicAuth === undefined) return given !== '';
  return given === Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64');
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
