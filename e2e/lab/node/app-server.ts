import http from 'node:http';
import type { Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { createAppMetrics } from '../../../test/sim/nodes/app-metrics.ts';
import { type Behaviour, delayMs } from '../../../test/sim/nodes/behaviour.ts';
import { createGrpcServer, GRPC_PORT } from './grpc-server.ts';
import { takesMs } from './takes.ts';

export interface App {
  /** Stops at once: no new connections, and the open ones are cut, as when a program exits. */
  stop(): void;
}

/** The program of a container: real HTTP on the pod's address, cheap enough that sixty of them and their users share two processors. */
export function startApp(
  address: string,
  ports: readonly number[],
  pod: string,
  behaviour: Behaviour,
  isReady: () => boolean,
): Promise<App> {
  const { version, errorPercent, coldMs, leakAfterMs } = behaviour;
  const startedAt = Date.now();
  const warmAt = startedAt + coldMs;
  const metrics = createAppMetrics();
  const good = answer(200, { version, pod });
  const bad = answer(500, { version, pod, error: 'internal error' });
  const unready = answer(503, { version, pod, error: 'not ready' });
  const leaksAt = leakAfterMs === undefined ? Number.POSITIVE_INFINITY : Date.now() + leakAfterMs;
  // Errors come evenly and not by chance: 50 percent is every second answer. Where to begin is chance, or few requests would never see any.
  let due = Math.random() * 100;

  function choose(): Answer {
    due += Date.now() < warmAt ? 50 : errorPercent;
    const failed = due >= 100;
    if (failed) due -= 100;
    return failed || Date.now() >= leaksAt ? bad : good;
  }

  function serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    request.resume();
    if (request.url === '/metrics') {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(metrics.page());
      return;
    }
    const health = request.url?.startsWith('/healthz') === true;
    // Health says only whether the program is up: errors and slowness are for users, as in a release that passes its probes.
    const chosen = health ? (isReady() ? good : unready) : choose();
    const ownMs = health ? 0 : delayMs(behaviour, Date.now() - startedAt);
    if (!health) metrics.add(chosen.status, ownMs);
    const delay = ownMs + takesMs(request.url ?? '');
    if (delay > 0) setTimeout(send, delay, response, chosen, version);
    else send(response, chosen, version);
  }

  const upgraded = new Set<Duplex>();
  const websockets = new WebSocketServer({ noServer: true });
  /** A websocket on which each message is answered with the version. */
  function upgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    websockets.handleUpgrade(request, socket, head, (connection) => {
      connection.on('message', () => connection.send(version));
      // the other side went away
      connection.on('error', () => {});
    });
  }

  const sessions = new Set<Http2Session>();
  /** A call that fails ends as INTERNAL. */
  function answerCall(): { status: number; delayMs: number } {
    const { status } = choose();
    const delay = delayMs(behaviour, Date.now() - startedAt);
    metrics.add(status, delay);
    return { status: status === 200 ? 0 : 13, delayMs: delay };
  }

  const servers = ports.map((port) => {
    if (port === GRPC_PORT) {
      return createGrpcServer(version, answerCall).on('session', (session) => {
        sessions.add(session);
        session.once('close', () => sessions.delete(session));
      });
    }
    const server = http.createServer(serve).on('upgrade', upgrade);
    // A proxy keeps its connections; if they were closed when idle, its next request could fail for no fault of the release.
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    server.headersTimeout = 0;
    return server;
  });

  function stop(): void {
    for (const server of servers) {
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
    }
    for (const each of [...sessions, ...upgraded]) each.destroy();
  }

  const listening = servers.map(
    (server, index) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port: ports[index], backlog: 511 }, resolve);
      }),
  );
  return Promise.all(listening).then(
    () => ({ stop }),
    (error: unknown) => {
      stop();
      throw error;
    },
  );
}

interface Answer {
  status: number;
  body: Buffer;
}

function answer(status: number, body: object): Answer {
  return { status, body: Buffer.from(`${JSON.stringify(body)}\n`) };
}

function send(response: http.ServerResponse, { status, body }: Answer, version: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'x-version': version,
  });
  response.end(body);
}
