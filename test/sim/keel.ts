import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../../src/clock.ts';
import { createAuth } from './keel/auth.ts';
import { connectKube } from './keel/kube.ts';
import { createProvider, type Notification, type Outcome } from './keel/provider.ts';
import { createQueue, createThrottle } from './keel/queue.ts';
import { type Announced, iso, type KeelEvent, type Records, SWEEP_EVERY_MS, sweep } from './keel/records.ts';
import { answerTo, type KeelRequest } from './keel/routes.ts';

/** What a request gets in the place of Keel's answer, for one of the next requests. */
export type KeelFault = {
  /** Only a request that begins so, such as `POST /v1/approvals`; any other goes past the fault. */
  on?: string;
} & (
  | { kind: 'reset' }
  /** Carried out, and the connection is lost before the answer. */
  | { kind: 'lose-answer' }
  /** Answers nothing, ever. */
  | { kind: 'silence' }
  /** Carried out, and answered so much later. */
  | { kind: 'slow'; ms: number }
  | { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
);

export interface KeelOptions {
  /** BASIC_AUTH_USER and BASIC_AUTH_PASSWORD: the admin part is on. */
  basicAuth?: { username: string; password: string };
  /** AUTHENTICATED_WEBHOOKS */
  authenticatedWebhooks?: boolean;
  /** The files of the user interface are there, as in the official image: any unknown path is the start page. */
  hasUi?: boolean;
  /** The content of a kubeconfig, with the rights of KEEL_RULES; without it webhooks are queued, and change nothing. */
  kubeconfig?: string;
  /** NAMESPACE: watches only this one. */
  namespace?: string;
  /** The machine's clock when left out. With a virtual clock, `busy` keeps its time from running while Keel works. */
  clock?: Clock & { busy?(by: 1 | -1): void };
  /** From taking a webhook to writing (measured: 5 to 12). */
  delayMs?: number;
  /** Keel's own write is so late in its cache; a second one within it is lost by its 409. */
  cacheLagMs?: number;
  /** Webhooks so soon after a start are lost (measured: 20 to 42). 0 when left out. */
  warmUpMs?: number;
  /** The client's own limit (measured: 5 a second, 10 at once). None when left out. */
  throttle?: { perSecond: number; burst: number };
  /** WEBHOOK_ENDPOINT: what Keel would post there. */
  onNotification?(notification: Notification): void;
}

/** A Keel 0.22.1 on loopback that behaves as the real one was measured to. */
export interface KeelServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The address of the native webhook. */
  readonly webhook: string;
  /** Every request, in order, faulty ones too. */
  readonly seen: KeelRequest[];
  /** What was queued: `NAME:TAG`. */
  readonly queued: string[];
  /** What was made of it, in order. */
  readonly outcomes: Outcome[];
  /** Its database; a test may put records into it, or take them away. */
  readonly records: Records;
  /** The next requests, one each, get these. */
  fail(...faults: KeelFault[]): void;
  /** The next `count` updates are lost: another writer is first, and the API server answers 409. */
  loseUpdates(count: number): void;
  /** Resolves when the next request has come. */
  requested(): Promise<void>;
  /** Resolves when all that was queued is done. */
  idle(): Promise<void>;
  /** Killed: its queue and its tokens are lost, its records stay. Nobody listens until `up`. */
  down(): Promise<void>;
  /** Started again, at the same address; records past their deadline go. */
  up(): Promise<void>;
  close(): Promise<void>;
}

/** Keel sets these on every answer. */
const CORS = { 'Access-Control-Allow-Origin': '*' };

export async function startKeel(options: KeelOptions = {}): Promise<KeelServer> {
  const { delayMs = 8, cacheLagMs = 5, warmUpMs = 0 } = options;
  const clock: NonNullable<KeelOptions['clock']> = options.clock ?? systemClock;
  const seen: KeelRequest[] = [];
  const queued: string[] = [];
  const outcomes: Outcome[] = [];
  const faults: KeelFault[] = [];
  const waiting: (() => void)[] = [];
  const records: Records = { approvals: [], audit: [] };
  const kube = options.kubeconfig === undefined ? undefined : await connectKube(options.kubeconfig);
  let lost = 0;
  let sweptAt = clock.now();
  let run = startRun();

  /** What lives as long as the process does. */
  function startRun() {
    sweptAt = clock.now();
    sweep(records, sweptAt);
    const provider =
      kube &&
      createProvider({
        kube,
        clock,
        records,
        namespace: options.namespace,
        cacheLagMs,
        permit: createThrottle({ monotonic: clock.monotonic, sleep: pause }, options.throttle),
        isLate() {
          if (lost === 0) return false;
          lost -= 1;
          return true;
        },
        notify: (notification) => options.onNotification?.(notification),
      });
    const queue = createQueue(clock, delayMs, async (event) => {
      clock.busy?.(1);
      try {
        outcomes.push(...((await provider?.process(event)) ?? []));
      } catch {
        // Keel logs that it cannot reach the API server, and goes on
      } finally {
        clock.busy?.(-1);
      }
    });
    return {
      queue,
      workloads: () => provider?.workloads() ?? Promise.resolve([]),
      auth: createAuth(options.basicAuth),
      readyAt: clock.monotonic() + warmUpMs,
    };
  }

  /** In the midst of an event: time may run. */
  async function pause(ms: number): Promise<void> {
    clock.busy?.(-1);
    await clock.sleep(ms);
    clock.busy?.(1);
  }

  async function announce(repository: Announced, triggerName: string): Promise<void> {
    queued.push(`${repository.host ? `${repository.host}/` : ''}${repository.name}:${repository.tag}`);
    if (clock.monotonic() < run.readyAt) return;
    await publish({ repository, createdAt: iso(clock.now()), triggerName });
  }

  function publish(event: KeelEvent): Promise<void> {
    return run.queue.push(event);
  }

  /** The hourly sweeps that have become due: no timer of its own, so that an idle world's time stands still. */
  function sweepDue(): void {
    for (; clock.now() - sweptAt >= SWEEP_EVERY_MS; sweptAt += SWEEP_EVERY_MS) {
      sweep(records, sweptAt + SWEEP_EVERY_MS);
    }
  }

  async function answer(request: KeelRequest) {
    sweepDue();
    const { auth, workloads } = run;
    return answerTo(
      {
        kube,
        records,
        auth,
        workloads,
        publish,
        announce,
        now: () => clock.now(),
        isAdminOn: options.basicAuth !== undefined,
        authenticatedWebhooks: options.authenticatedWebhooks ?? false,
        hasUi: options.hasUi ?? false,
      },
      request,
    );
  }

  function takeFault({ method, path }: KeelRequest): KeelFault | undefined {
    const index = faults.findIndex(({ on = '' }) => `${method} ${path}`.startsWith(on));
    return index < 0 ? undefined : faults.splice(index, 1)[0];
  }

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body };
    seen.push(request);
    for (const wake of waiting.splice(0)) wake();
    const fault = takeFault(request);
    if (fault?.kind === 'reset') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'answer') return void response.writeHead(fault.status, fault.headers).end(fault.body);
    const { status, headers: own, body: text } = await answer(request);
    if (fault?.kind === 'lose-answer') return void incoming.socket.resetAndDestroy();
    if (fault?.kind === 'slow') await clock.sleep(fault.ms);
    response.writeHead(status, { ...CORS, ...own }).end(text);
  }

  const server = createServer((incoming, response) => {
    serve(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, CORS);
      response.end(String(error));
    });
  });
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', resolve);
    });
  const down = async () => {
    run.queue.stop();
    if (!server.listening) return;
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    webhook: `${url}/v1/webhooks/native`,
    seen,
    queued,
    outcomes,
    records,
    fail: (...more) => {
      faults.push(...more);
    },
    loseUpdates: (count) => {
      lost = count;
    },
    requested: () => new Promise((resolve) => waiting.push(resolve)),
    idle: () => run.queue.idle(),
    down,
    async up() {
      run = startRun();
      await listen(port);
    },
    async close() {
      await down();
      kube?.close();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
