import http2 from 'node:http2';

/** A container's port that speaks gRPC, without TLS. */
export const GRPC_PORT = 50_051;

/** How a call ends: the status of gRPC, and after how long. */
export interface Answer {
  readonly status: number;
  readonly delayMs: number;
}

/** A message without content, and not compressed. */
const EMPTY = Buffer.alloc(5);

/**
 * A server of gRPC that answers each call with an empty message. It announces its trailers, which most servers do not do, because Traefik
 * takes the status only from announced ones.
 */
export function createGrpcServer(version: string, answer: () => Answer): http2.Http2Server {
  const server = http2.createServer();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume();
    const { status, delayMs } = answer();
    const end = () => {
      if (stream.destroyed) return;
      const headers = { 'content-type': 'application/grpc', trailer: 'grpc-status', 'x-version': version };
      stream.respond({ ':status': 200, ...headers }, { waitForTrailers: true });
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
      stream.end(EMPTY);
    };
    if (delayMs > 0) setTimeout(end, delayMs);
    else end();
  });
  return server;
}
