import axios, { type AxiosInstance, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry, { exponentialDelay, isNetworkError } from 'axios-retry';
import type { Clock } from '../clock.ts';
import { PromoteError } from '../errors.ts';
import { apiErrorOf, notJson, unreachable } from './api-error.ts';
import type { Connection } from './connect.ts';

/** `timeoutMs` is for one try; `signal` ends it, its retries and the waits between them. */
export interface Sending {
  timeoutMs?: number;
  /** Tries after the first, where it is not as usual. */
  retries?: number;
  signal?: AbortSignal;
  /** The content type of the body, if it is not plain JSON. */
  type?: string;
}

/** Requests to one API server. Errors are ApiError (an answer) or PromoteError `unreachable`. */
interface Requests {
  /** Any answer, also one that is no success. */
  send(
    method: string,
    path: string,
    data?: unknown,
    params?: Record<string, string>,
    sending?: Sending,
  ): Promise<AxiosResponse>;
  /** The object of an answer that is a success. */
  ask<R>(
    method: string,
    path: string,
    data?: unknown,
    params?: Record<string, string>,
    sending?: Sending,
  ): Promise<R>;
  /** What a GET answers, as text: one try, `timeoutMs` for all of it, at most so many bytes. */
  text(path: string, maxBytes: number, timeoutMs: number, signal?: AbortSignal): Promise<string>;
  /** How many were sent until now, retries included. */
  sent(): number;
}

/** Retries of one request: about a quarter, half, one, two and four seconds apart, jittered. */
const RETRIES = 5;
const REQUEST_TIMEOUT_MS = 10_000;

/** Sends requests with the credentials of a connection; `signal` ends all of them. */
export function createRequests(
  connection: Connection,
  clock: Clock,
  options: { retries?: number; signal?: AbortSignal },
): Requests {
  const http = axios.create({
    baseURL: connection.server,
    httpAgent: connection.httpAgent,
    httpsAgent: connection.httpsAgent,
    proxy: false,
    timeout: REQUEST_TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: 64 * 1024 * 1024,
    validateStatus: () => true,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  let sent = 0;
  http.interceptors.request.use(async (request) => {
    sent += 1;
    for (const [name, value] of Object.entries(await connection.headers())) request.headers.set(name, value);
    return request;
  });
  retryTransientAnswers(http, clock, options.retries ?? RETRIES);

  async function send(
    method: string,
    path: string,
    data?: unknown,
    params?: Record<string, string>,
    { timeoutMs, retries, signal, type }: Sending = {},
  ): Promise<AxiosResponse> {
    try {
      return await http.request({
        method,
        url: path,
        data,
        ...(params ? { params } : {}),
        ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
        ...(retries === undefined ? {} : { 'axios-retry': { retries } }),
        ...(signal ? { signal } : {}),
        ...(type === undefined ? {} : { headers: { 'Content-Type': type } }),
      });
    } catch (error) {
      if (isAxiosError(error) && error.response) return error.response;
      throw unreachable(connection.server, error);
    }
  }

  async function ask<R>(
    method: string,
    path: string,
    data?: unknown,
    params?: Record<string, string>,
    sending?: Sending,
  ): Promise<R> {
    return objectIn<R>(await send(method, path, data, params, sending), `${method} ${path}`);
  }

  async function text(
    path: string,
    maxBytes: number,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<string> {
    // a socket that is never silent for long would outlast axios' own time limit
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const { status, data } = await http.get<string>(path, {
        responseType: 'text',
        transformResponse: (text: string) => text,
        maxContentLength: maxBytes,
        timeout: 0,
        signal: AbortSignal.any([
          limit,
          ...(signal ? [signal] : []),
          ...(options.signal ? [options.signal] : []),
        ]),
        'axios-retry': { retries: 0 },
      });
      if (!isSuccess(status)) throw apiErrorOf(status, data, `GET ${path}`);
      return data;
    } catch (error) {
      // an answer that broke off, or grew too large, is an error that has its 200 with it
      if (isAxiosError(error) && error.response && !isSuccess(error.response.status)) {
        throw apiErrorOf(error.response.status, error.response.data, `GET ${path}`);
      }
      if (error instanceof PromoteError) throw error;
      throw unreachable(connection.server, limit.aborted ? limit.reason : error);
    }
  }

  return { send, ask, text, sent: () => sent };
}

/** The object of an answer. @throws ApiError where it is no success, or none of the API server's */
export function objectIn<R>({ status, data }: AxiosResponse, request: string): R {
  if (!isSuccess(status)) throw apiErrorOf(status, data, request);
  if (typeof data !== 'object' || data === null) throw notJson(status, request);
  return data as R;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function retryTransientAnswers(http: AxiosInstance, clock: Clock, retries: number): void {
  // axios-retry looks at errors only, and the status of an error answer is wanted whole: so transient answers become errors here
  http.interceptors.response.use((answer) => {
    if (!isTransient(answer.status)) return answer;
    return Promise.reject(
      Object.assign(new Error(`status ${answer.status}`), {
        isAxiosError: true,
        config: answer.config,
        response: answer,
      }),
    );
  });
  axiosRetry(http, {
    retries,
    retryCondition: (error) =>
      error.response
        ? isTransient(error.response.status)
        : isNetworkError(error) || error.code === 'ECONNABORTED',
    retryDelay: () => 0,
    shouldResetTimeout: true,
    // the wait (at least Retry-After, at most ten seconds) goes through the clock, so that tests need not sleep
    onRetry: (count, error, { signal }) =>
      clock.sleep(
        Math.min(exponentialDelay(count, error, 125), 10_000),
        signal instanceof AbortSignal ? signal : undefined,
      ),
  });
}

function isTransient(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}
