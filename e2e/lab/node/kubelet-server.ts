import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { containerLog, type LogAnswer } from './pods/container-log.ts';
import type { PodLife } from './pods/pod-life.ts';

const run = promisify(execFile);

/** The kubelet's own endpoint, which the API server asks for logs. It does not check the certificate unless it is told to. */
export async function serveKubelet(
  address: string,
  port: number,
  find: (namespace: string, pod: string) => PodLife | undefined,
): Promise<void> {
  const server = https.createServer(await certificate(address), (request, response) => {
    const { status, text } = answer(new URL(request.url ?? '/', 'https://node'), find);
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
}

function answer(url: URL, find: (namespace: string, pod: string) => PodLife | undefined): LogAnswer {
  const [, what, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  if (what === 'healthz') return { status: 200, text: 'ok' };
  if (what !== 'containerLogs') return { status: 404, text: `the lab's node has no ${url.pathname}\n` };
  const life = find(namespace, pod);
  if (!life) return { status: 404, text: `pod "${pod}" not found\n` };
  const found = life.run(container);
  if (!found) return { status: 404, text: `container "${container}" not found in pod "${pod}"\n` };
  return containerLog(found, pod, url.searchParams, life.printed(container));
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
