import http from 'node:http';
import type { Socket } from 'node:net';
import type { LoadReport } from './world.ts';

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
  /** Each request is a call of gRPC (grpc-load.ts). */
  grpc?: true;
}

/**
 * Users at a constant rate, open loop: each request has a time at which it is due, and is sent then whatever became of those before it,
 * so that a stalled server cannot slow its own measurement (coordinated omission).
 */
export interface LoadGenerator {
  report(): LoadReport;
  stop(): Promise<LoadReport>;
}

/** Answers do not come in the order in which they were due. */
export function countAnswer({ versions, spans }: LoadReport, version: string, at: number): void {
  versions[version] = (versions[version] ?? 0) + 1;
  const [first, last] = spans[version] ?? [at, at];
  spans[version] = [Math.min(first, at), Math.max(last, at)];
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

const TICK_MS = 5;
const TIMEOUT_MS = 10_000;

/** @param open opens a connection; without it, one to the address */
export function startLoadGenerator(
  { address, port, host, path, rate, users, connections }: LoadTarget,
  open?: () => Socket,
): LoadGenerator {
  const agent = new http.Agent({ keepAlive: connections !== 'afresh', maxSockets: 256 });
  if (open) agent.createConnection = open;
  const report: LoadReport = { sent: 0, failures: [], versions: {}, spans: {} };
  const start = performance.now();
  const startedAt = Date.now();
  const jars = cookieJars(users);
  let underWay = 0;
  let idle: () => void = () => {};

  function ended(at: number, status: number, version: string | undefined, error: string | undefined): void {
    underWay -= 1;
    if (version !== undefined) countAnswer(report, version, at);
    if (status < 200 || status > 299) {
      const more = {
        ...(error === undefined ? {} : { error }),
        ...(version === undefined ? {} : { version }),
      };
      report.failures.push({ at, status, ...more });
    }
    if (underWay === 0) idle();
  }

  function send(at: number): void {
    report.sent += 1;
    underWay += 1;
    const jar = jars(report.sent);
    let done = false;
    const once = (status: number, version?: string, error?: string) => {
      if (!done) ended(at, status, version, error);
      done = true;
    };
    const request = http.request(
      { host: address, port, path, agent, headers: { host, ...jar.headers() }, timeout: TIMEOUT_MS },
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
    request.on('timeout', () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000}s`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // a kept connection that the server closed before it read anything is what every client tries again on
      if (request.reusedSocket && error.code === 'ECONNRESET' && connections === undefined && !done) {
        done = true;
        report.sent -= 1;
        underWay -= 1;
        send(at);
      } else once(0, undefined, error.message);
    });
    request.end();
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * rate) / 1000);
    while (report.sent < due) send(startedAt + (report.sent * 1000) / rate);
  }, TICK_MS);

  return {
    report: () => report,
    async stop() {
      clearInterval(timer);
      if (underWay > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
        });
      }
      agent.destroy();
      return report;
    },
  };
}
