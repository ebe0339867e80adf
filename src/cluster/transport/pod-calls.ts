import { apiErrorOf, isSuccess } from '../api-error.ts';
import type { Requests } from './requests.ts';

/** Which lines of a log are read. `previous`: of the run before a restart. */
export interface LogOptions {
  lines: number;
  previous: boolean;
  signal?: AbortSignal;
}

/** A log is optional information, and comes from a node that may be down. */
const LOG_TIMEOUT_MS = 2_000;
const LOG_BYTES = 16 * 1024;
/** The largest page that is read from a pod, unpacked. */
const PROXY_BYTES = 16 * 1024 * 1024;

/** The last lines of a container's log. */
export async function fetchLog(
  { send }: Requests,
  namespace: string,
  pod: string,
  container: string,
  { lines, previous, signal }: LogOptions,
): Promise<string> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  const params = {
    container,
    tailLines: String(lines),
    limitBytes: String(LOG_BYTES),
    ...(previous ? { previous: 'true' } : {}),
  };
  const limits = { timeoutMs: LOG_TIMEOUT_MS, ...(signal ? { signal } : {}) };
  const { status, data } = await send('GET', path, { params, passedOn: true }, limits);
  if (!isSuccess(status)) throw apiErrorOf(status, data, `GET ${path}`);
  return typeof data === 'string' ? data : JSON.stringify(data);
}

/** The answer of a pod to a GET, through the API server. */
export function fetchFromPod(
  requests: Requests,
  namespace: string,
  pod: string,
  port: number | string,
  path: string,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<string> {
  const name = `${encodeURIComponent(pod)}:${encodeURIComponent(port)}`;
  // the path comes from an annotation of the pod: `..` in it must not lead out of the pod to other objects of
  // the server
  const { pathname, search } = new URL(`http://pod/${path.replace(/^[/\\]+/, '')}`);
  const url = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${name}/proxy${pathname}${search}`;
  return requests.text(url, PROXY_BYTES, timeoutMs, signal);
}
