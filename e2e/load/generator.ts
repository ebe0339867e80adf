import http from 'node:http';
import type { Socket } from 'node:net';
import { takesMs } from '../lab/node/takes.ts';
import type { RequestKind } from '../world.ts';
import { countAnswer, type LoadGenerator, openLoop } from './open-loop.ts';

/** Where users send to: an address, and the host that they name. */
export interface LoadTarget {
  address: string;
  port: number;
  host: string;
  path: string;
  /** Requests a second. */
  rate: number;
  /** Users who take turns and keep their cookies; absent if each request is of another. */
  users?: number;
  /**
   * Each request has a connection of its own (`afresh`), or a connection is kept and a request that it loses is lost (`kept`). Without it,
   * a connection is kept, and a request that it loses is sent again.
   */
  connections?: 'afresh' | 'kept';
  /** What is sent; a GET if absent. */
  kind?: RequestKind;
}

/** The cookies of one user. */
interface Jar {
  headers(): Record<string, string>;
  /** `Set-Cookie` of an answer. */
  take(cookies: readonly string[]): void;
}

/** The jar of the user who sends the n-th request; each is empty if there are no users who return. */
export function cookieJars(users: number | undefined): (n: number) => Jar {
  const jars = Array.from({ length: users ?? 0 }, emptyJar);
  return (n) => jars[n % jars.length] ?? emptyJar();
}

function emptyJar(): Jar {
  const held = new Map<string, string>();
  return {
    headers: (): Record<string, string> =>
      held.size === 0 ? {} : { cookie: [...held].map(([name, value]) => `${name}=${value}`).join('; ') },
    take(cookies) {
      for (const each of cookies) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
        held.set(name, value);
      }
    },
  };
}

const TIMEOUT_MS = 10_000;
/** The four pieces of an upload, and the time from one to the next. */
const PIECE = Buffer.alloc(16_384, 'x');
const PIECES = 4;
const PIECE_MS = 100;

/** @param open opens a connection; without it, one to the address */
export function startLoadGenerator(
  { address, port, host, path, rate, users, connections, kind }: LoadTarget,
  open?: () => Socket,
): LoadGenerator {
  const agent = new http.Agent({ keepAlive: connections !== 'afresh', maxSockets: 256 });
  if (open) agent.createConnection = open;
  const jars = cookieJars(users);
  const method = kind === 'upload' ? 'POST' : 'GET';
  const timeout = TIMEOUT_MS + takesMs(path);
  const loop = openLoop(rate, send, () => agent.destroy());
  const report = loop.report();

  function ended(at: number, status: number, version: string | undefined, error: string | undefined): void {
    if (version !== undefined) countAnswer(report, version, at);
    if (status < 200 || status > 299) {
      const more = {
        ...(error === undefined ? {} : { error }),
        ...(version === undefined ? {} : { version }),
      };
      report.failures.push({ at, status, ...more });
    }
    loop.end();
  }

  function send(at: number): void {
    loop.begin();
    const jar = jars(report.sent);
    let done = false;
    const once = (status: number, version?: string, error?: string) => {
      if (!done) ended(at, status, version, error);
      done = true;
    };
    const request = http.request(
      { host: address, port, path, agent, method, headers: { host, ...jar.headers() }, timeout },
      (response) => {
        const version = response.headers['x-version'];
        jar.take(response.headers['set-cookie'] ?? []);
        response.on('end', () =>
          once(response.statusCode ?? 0, typeof version === 'string' ? version : undefined),
        );
        response.on('error', (error) => once(0, undefined, error.message));
        response.resume();
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer in ${timeout / 1000}s`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // a kept connection that the server closed before it read anything is what every client tries again on
      if (request.reusedSocket && error.code === 'ECONNRESET' && connections === undefined && !done) {
        done = true;
        loop.unsend();
        send(at);
      } else once(0, undefined, error.message);
    });
    if (kind === 'upload') sendPieces(request, PIECES);
    else request.end();
  }

  return loop;
}

/** Sends a body slowly, so that no proxy has all of it when it chooses a pod. */
function sendPieces(request: http.ClientRequest, left: number): void {
  if (request.destroyed) return;
  request.write(PIECE);
  if (left === 1) request.end();
  else setTimeout(sendPieces, PIECE_MS, request, left - 1);
}
