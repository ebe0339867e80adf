import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node/dist/config.js';
import type { Any } from '../api-server/store.ts';

/** What the API server answered; never throws for a status. */
export interface KubeAnswer {
  status: number;
  body: Any;
}

export interface Kube {
  call(method: string, path: string, body?: Any): Promise<KubeAnswer>;
  close(): void;
}

const LONGEST_ANSWER_MS = 30_000;

/** A client for the content of a kubeconfig: the built-in cluster's plain HTTP, or a real API server. */
export async function connectKube(kubeconfig: string): Promise<Kube> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const cluster = config.getCurrentCluster();
  const token = config.getCurrentUser()?.token;
  if (!cluster || !token) throw new Error('the kubeconfig names no server, or no token');
  const { server, caData } = cluster;
  const isPlain = server.startsWith('http:');
  const agent = isPlain
    ? new http.Agent({ keepAlive: true })
    : new https.Agent({ keepAlive: true, ca: caData && Buffer.from(caData, 'base64') });

  return {
    call: (method, path, body) =>
      new Promise((resolve, reject) => {
        const payload = body === undefined ? '' : JSON.stringify(body);
        const about = {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(payload)),
        };
        const headers = {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(payload === '' ? {} : about),
        };
        const request = (isPlain ? http : https).request(
          server,
          { method, path, headers, agent, timeout: LONGEST_ANSWER_MS },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const text = Buffer.concat(chunks).toString();
              resolve({
                status: response.statusCode ?? 0,
                body: text.startsWith('{') ? JSON.parse(text) : text,
              });
            });
          },
        );
        request.on('timeout', () => request.destroy(new Error(`no answer to ${method} ${path}`)));
        request.on('error', reject);
        request.end(payload);
      }),
    close: () => agent.destroy(),
  };
}
