import type { Readable } from 'node:stream';
import axios from 'axios';
import type { Clock } from '../clock.ts';
import { PromoteError } from '../errors.ts';
import { USER_AGENT } from '../version.ts';
import { apiErrorOf, isSuccess, unreachable } from './api-error.ts';
import type { Connection } from './connect.ts';

/** The log of a container from some point on, in any namespace that the credentials may read. */
export interface LogRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The server takes `sinceTime` (RFC 3339) by the second, and sends the lines of all of that second. */
  readonly from:
    | { readonly tailLines: number }
    | { readonly sinceSeconds: number }
    | { readonly sinceTime: string };
}

export interface LogListener {
  /**
   * The server has answered. It does so with the first line: the log of a container that is silent has no
   * answer.
   */
  onOpen(): void;
  onData(chunk: Buffer): void;
}

/**
 * The server sends each line by itself. They are taken together, so many milliseconds long: one by one they
 * cost a quarter more (bench/access-log.ts). What is as long as this is a backlog, and is not waited for.
 */
const GATHER_MS = 25;
const BACKLOG_BYTES = 16 * 1024;
/** The largest body of an error answer that is read. */
const ERROR_BYTES = 16 * 1024;

/**
 * Follows a log, each line with its time before it. One try, without a limit of time: the caller ends it by
 * its signal.
 *
 * @returns when the server ends the log, or the signal aborts
 * @throws ApiError for an answer that is no success, PromoteError `unreachable` if there is none or if it
 * breaks off. Nothing of the log is in an error.
 */
export async function followLog(
  connection: Connection,
  clock: Clock,
  { namespace, pod, container, from }: LogRequest,
  signal: AbortSignal,
  { onOpen, onData }: LogListener,
): Promise<void> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`;
  try {
    const { status, data } = await axios.get<Readable>(path, {
      baseURL: connection.server,
      httpAgent: connection.httpAgent,
      httpsAgent: connection.httpsAgent,
      headers: { ...(await connection.headers()), 'User-Agent': USER_AGENT, 'Accept-Encoding': 'identity' },
      params: { container, follow: 'true', timestamps: 'true', ...from },
      proxy: false,
      maxRedirects: 0,
      responseType: 'stream',
      validateStatus: () => true,
      signal,
    });
    if (!isSuccess(status)) throw apiErrorOf(status, await beginningOf(data), `GET ${path}`);
    onOpen();
    for await (const chunk of data) {
      onData(chunk as Buffer);
      if ((chunk as Buffer).length < BACKLOG_BYTES) await clock.sleep(GATHER_MS, signal);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (error instanceof PromoteError) throw error;
    throw unreachable(connection.server, error);
  }
}

async function beginningOf(body: Readable): Promise<string> {
  let text = '';
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > ERROR_BYTES) break;
  }
  return text;
}
