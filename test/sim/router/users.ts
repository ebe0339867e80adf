import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Router } from './router.ts';

/** A port for users on real time: each request is routed by its Host header, and answered as the pod that it reaches would. */
export async function openForUsers(router: Router): Promise<{ port: number; close(): void }> {
  const server = http.createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    const { status, version, pod, ms } = router.route(host, request.url ?? '/');
    setTimeout(() => {
      response.writeHead(status, version === undefined ? {} : { 'x-version': version });
      response.end(JSON.stringify({ version, pod }));
    }, ms);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
