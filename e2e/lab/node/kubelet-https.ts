import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Serves a kubelet's own endpoint. The API server does not check its certificate unless it is told to. */
export async function serveHttps(
  address: string,
  port: number,
  handle: (url: URL, request: IncomingMessage, response: ServerResponse) => void,
): Promise<void> {
  const server = https.createServer(await certificate(address), (request, response) =>
    handle(new URL(request.url ?? '/', 'https://node'), request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
}

/** The whole answer at once. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function certificate(address: string): Promise<{ cert: Buffer; key: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-node-'));
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  try {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
    const names = ['-subj', '/CN=lab-node', '-addext', `subjectAltName=IP:${address}`];
    await run('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '30', ...names]);
    return { cert: await readFile(certFile), key: await readFile(keyFile) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
