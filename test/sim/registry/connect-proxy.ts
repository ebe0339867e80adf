import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

/** A proxy on loopback that opens tunnels to the names it knows, and to nothing else. */
export interface ConnectProxy {
  url: string;
  /** What tunnels were asked for: `registry-1.docker.io:443`. */
  asked: string[];
  close(): Promise<void>;
}

/** @param routes a name with its port, and the address on loopback that stands in for it */
export async function startConnectProxy(routes: ReadonlyMap<string, string>): Promise<ConnectProxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    return socket;
  };
  const server = http.createServer((_, response) => response.writeHead(502).end());
  server.on('connection', keep);
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    const to = routes.get(request.url ?? '');
    if (to === undefined) {
      client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${to}`);
    const upstream = keep(net.connect(Number(port), hostname));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      client.pipe(upstream).pipe(client);
    });
    upstream.once('close', () => client.destroy());
    client.once('close', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
