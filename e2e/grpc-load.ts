import http2 from 'node:http2';
import { countAnswer, type LoadGenerator, type LoadTarget } from './load-generator.ts';
import type { LoadReport } from './world.ts';

const TICK_MS = 5;
const TIMEOUT_MS = 10_000;
const MESSAGE = Buffer.alloc(5);

/** Users who call by gRPC at a constant rate, on one connection, as a client of gRPC does; otherwise as `startLoadGenerator`. */
export function startGrpcLoad({ address, port, host, rate }: LoadTarget): LoadGenerator {
  const report: LoadReport = { sent: 0, failures: [], versions: {}, spans: {} };
  const [start, startedAt] = [performance.now(), Date.now()];
  let session: http2.ClientHttp2Session | undefined;
  let underWay = 0;
  let idle: () => void = () => {};

  function connected(): http2.ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session;
    const made = http2.connect(`http://${address}:${port}`);
    // each call says by itself what became of it
    made.on('error', () => {});
    session = made;
    return made;
  }

  function call(at: number): void {
    report.sent += 1;
    underWay += 1;
    let version: string | undefined;
    let [status, code]: [number, string | undefined] = [0, undefined];
    let error: string | undefined;
    const request = connected().request({
      ':method': 'POST',
      ':path': '/shop.Web/Get',
      ':authority': host,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    request.setTimeout(TIMEOUT_MS, () => request.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000}s`)));
    request.on('response', (headers) => {
      status = headers[':status'] ?? 0;
      version = headers['x-version']?.toString();
      code = headers['grpc-status']?.toString();
    });
    request.on('trailers', (trailers) => {
      code = trailers['grpc-status']?.toString();
    });
    request.on('error', ({ message }) => {
      error = message;
    });
    request.once('close', () => {
      underWay -= 1;
      if (version !== undefined) countAnswer(report, version, at);
      if (status !== 200 || code !== '0') {
        const why = error ?? `grpc-status ${code}`;
        report.failures.push({ at, status, error: why, ...(version === undefined ? {} : { version }) });
      }
      if (underWay === 0) idle();
    });
    request.resume();
    request.end(MESSAGE);
  }

  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) * rate) / 1000);
    while (report.sent < due) call(startedAt + (report.sent * 1000) / rate);
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
      session?.destroy();
      return report;
    },
  };
}
