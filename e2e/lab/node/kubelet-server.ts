import { sendText, serveHttps } from './kubelet-https.ts';
import { containerLog, type LogAnswer } from './pods/container-log.ts';
import type { PodLife } from './pods/pod-life.ts';

/** The kubelet's own endpoint, which the API server asks for logs. */
export function serveKubelet(
  address: string,
  port: number,
  find: (namespace: string, pod: string) => PodLife | undefined,
): Promise<void> {
  return serveHttps(address, port, (url, _request, response) => {
    const { status, text } = answer(url, find);
    sendText(response, status, text);
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
