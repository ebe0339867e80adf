import http2 from 'node:http2';
import type { LoadTarget } from './generator.ts';
import { countAnswer, type LoadGenerator, openLoop } from './open-loop.ts';

const TIMEOUT_MS = 10_000;
const MESSAGE = Buffer.alloc(5);

/** Users who call by gRPC at a constant rate, on one connection, as a client of gRPC does; otherwise as `startLoadGenerator`. */
export function startGrpcLoad({ address, port, host, rate }: LoadTarget): LoadGenerator {
  const loop = openLoop(rate, call, () => session?.destroy());
  const report = loop.report();
  let session: http2.ClientHttp2Session | undefined;

  function connected(): http2.ClientHttp2Session {
    if (session && !session.closed && !session.destroyed) return session;
    const made = http2.connect(`http://${address}:${port}`);
    // each call says by itself what became of it
    made.on('error', () => {});
    session = made;
    return made;
  }

  function call(at: number): void {
    loop.begin();
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
      if (version !== undefined) countAnswer(report, version, at);
      if (status !== 200 || code !== '0') {
        const why = error ?? `grpc-status ${code}`;
        report.failures.push({ at, status, error: why, ...(version === undefined ? {} : { version }) });
      }
      loop.end();
    });
    request.resume();
    request.end(MESSAGE);
  }

  return loop;
}
