import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../../errors.ts';
import type { Picture, Screen } from '../screen.ts';
import { POLICY, renderWatchPage } from './page.ts';

/** The page on loopback, as a screen that browsers look at. */
export interface WebScreen extends Screen {
  /** Its address. */
  url: string;
  close(): void;
}

const HEADERS = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Serves the newest picture on 127.0.0.1, to read only.
 *
 * @param port 0 for any that is free
 * @param mask hides secrets in a text
 * @throws the error of the system, if the port is in use
 */
export async function serveOnLoopback(port: number, mask: (text: string) => string): Promise<WebScreen> {
  let newest: Picture | undefined;
  const server = createServer((request, response) => {
    try {
      answer(request, response, newest, mask);
    } catch (error) {
      // what somebody wrote into a Lease must not end the program
      response.writeHead(500, HEADERS).end(`The page cannot be drawn: ${mask(messageOf(error))}\n`);
    }
  });
  await listening(server, port);
  const { port: given } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${given}/`,
    show(picture) {
      newest = picture;
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function answer(
  { method, url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  newest: Picture | undefined,
  mask: (text: string) => string,
): void {
  const [path, ...query] = url.split('?');
  const say = (status: number, text: string, more: Record<string, string> = {}) =>
    response
      .writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...more })
      .end(`${text}\n`);
  // a page of another site may have its own name point to this machine
  if (!isLoopback(headers.host)) {
    say(421, 'This page answers only as localhost or 127.0.0.1. A proxy has to send such a Host header.');
  } else if (method !== 'GET') {
    say(405, 'This page is read-only.', { allow: 'GET' });
  } else if (path !== '/') {
    say(404, 'There is only one page, at /.');
  } else if (newest === undefined) {
    say(503, 'The cluster has not been read yet.', { 'retry-after': '2' });
  } else {
    const asked = new URLSearchParams(query.join('?'));
    say(200, mask(renderWatchPage(newest, asked.get('open') ?? undefined, asked.has('still'))), {
      'content-type': 'text/html; charset=utf-8',
    });
  }
}

/** Whether the browser asked for this machine; at any port, because a tunnel may have another one. */
function isLoopback(host: string | undefined): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? '');
}
