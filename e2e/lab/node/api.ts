import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';

/** An answer of the API server that is not 2xx. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`${status} ${message}`);
    this.status = status;
  }
}

type WatchEvent<T> = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

type Patch = 'merge-patch+json' | 'apply-patch+yaml';

export interface NodeApi {
  /** JSON in, JSON out, and a log as text; PATCH is a merge patch where no other is named. Errors throw, as ApiError where the server answered. */
  call(method: string, path: string, body?: object, patch?: Patch): Promise<unknown>;
  /** The events after a version, until the server ends the stream; its last version. Throws when a new list is due. */
  watch<T>(path: string, version: string, see: (event: WatchEvent<T>) => void): Promise<string>;
}

const agentOptions = { keepAlive: true, maxSockets: 32, noDelay: true };
/** The server ends a watch at this age; one that lives longer has lost its server. */
const watchSeconds = 240;

/**
 * Node's own client over kept connections and not client-node's: a status must be written within milliseconds of the event, while 60 pods
 * and a load test share two processors.
 */
export async function connect(kubeconfig: string): Promise<NodeApi> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new Error(`${kubeconfig} names no current cluster`);
  const options: https.RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key, rejectUnauthorized, headers: credentials } = options;
  const tls = Object.fromEntries(
    Object.entries({ ca, cert, key, rejectUnauthorized }).filter(([, value]) => value !== undefined),
  );
  const agent = new https.Agent({ ...agentOptions, ...tls });

  function send(
    method: string,
    path: string,
    body?: object,
    patch: Patch = 'merge-patch+json',
  ): https.RequestOptions & { payload: string } {
    const payload = body ? JSON.stringify(body) : '';
    const type = `application/${method === 'PATCH' ? patch : 'json'}`;
    const about = body ? { 'content-type': type, 'content-length': Buffer.byteLength(payload) } : {};
    const headers = { ...credentials, accept: 'application/json', ...about };
    return { method, path, headers, agent, payload };
  }

  function call(method: string, path: string, body?: object, patch?: Patch): Promise<unknown> {
    const { payload, ...request } = send(method, path, body, patch);
    return new Promise((resolve, reject) => {
      const sent = https.request(server ?? '', { ...request, timeout: 30_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const status = response.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(parse(text, response.headers['content-type']));
          else reject(new ApiError(status, messageIn(text)));
        });
      });
      sent.on('timeout', () => sent.destroy(new Error(`no answer to ${method} ${path}`)));
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  function watch<T>(path: string, from: string, see: (event: WatchEvent<T>) => void): Promise<string> {
    const query = `watch=true&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&resourceVersion=${from}`;
    let version = from;
    const { payload, ...request } = send('GET', `${path}?${query}`);
    return new Promise((resolve, reject) => {
      const sent = https.request(server ?? '', request, (response) => {
        if (response.statusCode !== 200) {
          response.resume();
          reject(new ApiError(response.statusCode ?? 0, 'to a watch'));
          return;
        }
        const take = (line: string): void => {
          const { type, object } = JSON.parse(line);
          if (type === 'ERROR') throw new ApiError(object.code, object.message);
          version = object.metadata.resourceVersion;
          if (type !== 'BOOKMARK') see({ type, object });
        };
        let rest = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          const lines = `${rest}${chunk}`.split('\n');
          rest = lines.pop() ?? '';
          try {
            for (const line of lines) if (line !== '') take(line);
          } catch (error) {
            reject(error);
            sent.destroy();
          }
        });
        response.on('error', reject);
        response.on('end', () => resolve(version));
      });
      const lost = setTimeout(
        () => sent.destroy(new Error('the watch has lost its server')),
        (watchSeconds + 30) * 1000,
      );
      sent.on('close', () => clearTimeout(lost));
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  return { call, watch };
}

function parse(text: string, type = ''): unknown {
  if (type.startsWith('text/plain')) return text;
  return text === '' ? undefined : JSON.parse(text);
}

function messageIn(text: string): string {
  try {
    return String(JSON.parse(text).message);
  } catch {
    return text.slice(0, 200);
  }
}
