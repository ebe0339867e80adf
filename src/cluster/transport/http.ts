import axios, { type AxiosError, type AxiosInstance } from 'axios';
import axiosRetry, { exponentialDelay, isNetworkError } from 'axios-retry';
import type { Clock } from '../../clock.ts';
import { USER_AGENT } from '../../version.ts';
import { isSuccess, unreachable } from '../api-error.ts';
import type { Connection } from '../connect.ts';
import type { OutageTracker } from './outage.ts';

declare module 'axios' {
  interface AxiosRequestConfig {
    /**
     * The API server passes the request on to a node or a pod, so a failure does not prove that the API
     * server is down.
     */
    passedOn?: boolean;
  }
}

/** How a client sends its requests. */
export interface RequestOptions {
  /** Tries of one request after the first. */
  retries?: number;
  /** Ends all requests. */
  signal?: AbortSignal;
  /** Called once, if the first request gets no answer and is tried again. `message` is two sentences. */
  onFirstRetry?: (message: string) => void;
}

/** The HTTP client of one API server. */
export interface Http {
  readonly axios: AxiosInstance;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly options: RequestOptions;
  readonly outage: OutageTracker;
  /** Requests sent until now, retries included. */
  sent: number;
  /** `onFirstRetry` has nothing to report any more: it was called, or the server has answered. */
  isReported: boolean;
}

/** Retries of one request: about 0.25, 0.5, 1, 2 and 4 s apart, jittered. */
const RETRIES = 5;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_RETRY_DELAY_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Makes the HTTP client, with credentials, retries, and reports to `outage`. No status is an error. */
export function createHttp(
  connection: Connection,
  clock: Clock,
  options: RequestOptions,
  outage: OutageTracker,
): Http {
  const instance = axios.create({
    baseURL: connection.server,
    httpAgent: connection.httpAgent,
    httpsAgent: connection.httpsAgent,
    proxy: false,
    timeout: REQUEST_TIMEOUT_MS,
    maxRedirects: 0,
    maxContentLength: MAX_ANSWER_BYTES,
    validateStatus: () => true,
    headers: { 'User-Agent': USER_AGENT },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const http: Http = { axios: instance, connection, clock, options, outage, sent: 0, isReported: false };
  addHeaders(http);
  trackOutages(http);
  retryTransientAnswers(http);
  return http;
}

function addHeaders(http: Http): void {
  http.axios.interceptors.request.use(async (request) => {
    http.sent += 1;
    const headers = await http.connection.headers();
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    return request;
  });
}

function trackOutages(http: Http): void {
  const { outage } = http;
  const answered = () => {
    http.isReported = true;
    outage.answered();
  };
  http.axios.interceptors.response.use(
    (answer) => {
      const { method, passedOn } = answer.config;
      if (!isTransient(answer.status)) {
        if (!passedOn || isSuccess(answer.status)) answered();
      } else if (!passedOn && method === 'get') {
        // a write may fail by a webhook or a quota of the cluster, while the server is well
        outage.failed();
      }
      return answer;
    },
    (error: AxiosError) => {
      if (!error.config?.passedOn && isConnectionError(error)) outage.failed();
      return Promise.reject(error);
    },
  );
}

function retryTransientAnswers(http: Http): void {
  const { clock, options } = http;
  // axios-retry handles errors only, and `validateStatus` accepts all answers, so transient ones become
  // errors
  http.axios.interceptors.response.use((answer) => {
    if (!isTransient(answer.status)) return answer;
    return Promise.reject(
      Object.assign(new Error(`status ${answer.status}`), {
        isAxiosError: true,
        config: answer.config,
        response: answer,
      }),
    );
  });
  axiosRetry(http.axios, {
    retries: options.retries ?? RETRIES,
    retryCondition: (error) =>
      error.response ? isTransient(error.response.status) : isConnectionError(error),
    retryDelay: () => 0,
    shouldResetTimeout: true,
    // the wait (at least Retry-After, at most 10 s) goes through the clock, so that tests need not sleep
    onRetry: (count, error, { signal }) => {
      reportFirstRetry(http, error);
      return clock.sleep(
        Math.min(exponentialDelay(count, error, 125), MAX_RETRY_DELAY_MS),
        signal instanceof AbortSignal ? signal : undefined,
      );
    },
  });
}

function reportFirstRetry(http: Http, error: AxiosError): void {
  if (http.isReported || error.response) return;
  http.isReported = true;
  http.options.onFirstRetry?.(`${unreachable(http.connection.server, error).message} Trying again.`);
}

/** Whether the connection failed or timed out; false for a request that was cancelled. */
function isConnectionError(error: AxiosError): boolean {
  return isNetworkError(error) || error.code === 'ECONNABORTED';
}

function isTransient(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
}
