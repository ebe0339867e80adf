import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createCluster } from '../../../../src/cluster/client.ts';
import { connect } from '../../../../src/cluster/connect.ts';
import { type VirtualClock, virtualClock } from '../../../sim/virtual-clock.ts';

interface Replica {
  uid: string;
  args: string[];
  /** The current file of the log. */
  lines: { at: number; text: string }[];
  readers: Set<Reader>;
}

interface Reader {
  response: http.ServerResponse;
  /** It reads a file that was rotated away. */
  isStale: boolean;
}

/** An API server on loopback that knows pods of a controller, their logs, and a ConfigMap. */
export interface LogServer {
  clock: VirtualClock;
  cluster: ReturnType<typeof createCluster>;
  /** Requests for a log, as `POD?tailLines=1`. */
  asked: string[];
  configMap: Record<string, string> | undefined;
  /** What is answered in place of anything else; `reset` breaks the connection, `silent` never answers. */
  fault: { status: number; on: 'log' | 'pods' | 'configmaps' | 'all' } | 'reset' | 'silent' | undefined;
  start(pod: string, args?: string[]): void;
  /** The pod is gone, with its log. */
  remove(pod: string): void;
  write(pod: string, ...texts: string[]): void;
  /** Sends the beginning of a line, and breaks the connection; the line is in the log. */
  writeCut(pod: string, text: string): void;
  /** The node begins a new file; those who read the old one hear nothing more (Kubernetes before 1.29). */
  rotate(pod: string): void;
  /** The container begins anew: its log does, too, and those who read the old one come to its end. */
  restart(pod: string): void;
  /** Breaks all connections. */
  cut(): void;
  /** Connections to logs at this moment. */
  open(): number;
}

/** Each time is told apart by its nanoseconds alone. */
const NANOS_APART = 1000;

export async function startLogServer(t: TestContext): Promise<LogServer> {
  const clock = virtualClock(Date.parse('2026-11-28T12:00:00Z'));
  const pods = new Map<string, Replica>();
  let uids = 0;
  let nanos = 0;

  const stamp = ({ at }: { at: number }) =>
    `${new Date(Math.floor(at / 1e6)).toISOString().slice(0, 19)}.${String(at % 1e9).padStart(9, '0')}Z`;

  function send({ response }: Reader, text: string): void {
    clock.touch();
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write(text);
  }

  function log(name: string, params: URLSearchParams, response: http.ServerResponse): void {
    if (params.get('follow') !== 'true') {
      const lines = pods.get(name)?.lines.slice(-Number(params.get('tailLines') ?? 0)) ?? [];
      response.end(lines.map(({ text }) => `${text}\n`).join(''));
      return;
    }
    server.asked.push(
      `${name}?${['tailLines', 'sinceSeconds', 'sinceTime'].flatMap((key) => (params.has(key) ? `${key}=${params.get(key)}` : [])).join('&')}`,
    );
    const replica = pods.get(name);
    if (!replica) {
      fail(response, 404, `pods "${name}" not found`);
      return;
    }
    const seconds = Number(params.get('sinceSeconds') ?? Number.NaN);
    const time = params.get('sinceTime');
    // by the second, as the API server passes it on
    const since = time ? Math.floor(Date.parse(time) / 1000) * 1e9 : clock.now() * 1e6 - seconds * 1e9;
    const tail = params.get('tailLines');
    const lines = replica.lines.filter(({ at }) => Number.isNaN(since) || at >= since);
    const reader: Reader = { response, isStale: false };
    replica.readers.add(reader);
    response.on('close', () => {
      replica.readers.delete(reader);
      clock.touch();
    });
    const shown = tail === null ? lines : lines.slice(-Number(tail));
    // as a node does, it answers with its first line, not before
    if (shown.length > 0) send(reader, shown.map((line) => `${stamp(line)} ${line.text}\n`).join(''));
  }

  function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api');
    const [kind = '', name = '', sub] = pathname.split('/').slice(5);
    const what = sub ?? kind;
    const { fault } = server;
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    if (fault === 'silent') return;
    if (fault && (fault.on === 'all' || fault.on === what)) {
      fail(response, fault.status, `${what} is forbidden: User "step" cannot get it`);
    } else if (what === 'log') log(name, searchParams, response);
    else if (kind === 'pods') json(response, 200, podList());
    else if (server.configMap) {
      json(response, 200, { kind: 'ConfigMap', metadata: { name }, data: server.configMap });
    } else fail(response, 404, `configmaps "${name}" not found`);
  }

  function podList(): object {
    const items = [...pods].map(([pod, { uid, args }]) => ({
      metadata: { name: pod, namespace: 'ingress-nginx', uid },
      spec: { containers: [{ name: 'controller', args: ['/nginx-ingress-controller', ...args] }] },
      status: { phase: 'Running' },
    }));
    return { kind: 'PodList', metadata: { resourceVersion: '1' }, items };
  }

  const listener = http.createServer((request, response) => {
    clock.busy(1);
    answer(request, response);
    // a log that is followed is no work under way
    clock.busy(-1);
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const replicaOf = (pod: string): Replica =>
    pods.get(pod) ?? { uid: '', args: [], lines: [], readers: new Set() };
  const note = (replica: Replica, text: string) => {
    nanos = Math.max(nanos + NANOS_APART, clock.now() * 1e6);
    const line = { at: nanos, text };
    replica.lines.push(line);
    return `${stamp(line)} ${text}\n`;
  };
  const server: LogServer = {
    clock,
    cluster: createCluster(await connect({ server: url, token: 'step' }), 'shop', clock, { retries: 0 }),
    asked: [],
    configMap: undefined,
    fault: undefined,
    start(pod, args = []) {
      uids += 1;
      const replica = { uid: `uid-${uids}`, args, lines: [], readers: new Set<Reader>() };
      pods.set(pod, replica);
      note(replica, 'NGINX Ingress controller');
    },
    remove(pod) {
      const { readers } = replicaOf(pod);
      pods.delete(pod);
      for (const { response } of readers) response.end();
    },
    write(pod, ...texts) {
      const replica = replicaOf(pod);
      const sent = texts.map((text) => note(replica, text)).join('');
      for (const reader of replica.readers) if (!reader.isStale) send(reader, sent);
    },
    writeCut(pod, text) {
      const replica = replicaOf(pod);
      const sent = note(replica, text);
      for (const reader of replica.readers) {
        send(reader, sent.slice(0, -20));
        replica.readers.delete(reader);
        setImmediate(() => reader.response.destroy());
      }
    },
    rotate(pod) {
      const replica = replicaOf(pod);
      replica.lines = [];
      for (const reader of replica.readers) reader.isStale = true;
    },
    restart(pod) {
      const replica = replicaOf(pod);
      replica.lines = [];
      note(replica, 'NGINX Ingress controller');
      for (const { response } of replica.readers) response.end();
      replica.readers.clear();
    },
    cut: () => listener.closeAllConnections(),
    open: () => [...pods.values()].reduce((sum, { readers }) => sum + readers.size, 0),
  };
  t.after(() => {
    clock.stop();
    listener.close();
    listener.closeAllConnections();
  });
  return server;
}

function fail(response: http.ServerResponse, code: number, message: string): void {
  json(response, code, { kind: 'Status', status: 'Failure', code, message, reason: 'Fault' });
}

function json(response: http.ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
