import { type AxiosResponse, isAxiosError } from 'axios';
import type { Clock } from '../../clock.ts';
import { PromoteError } from '../../errors.ts';
import { apiErrorOf, isSuccess, notJson, unreachable } from '../api-error.ts';
import type { Connection } from '../connect.ts';
import { createHttp, type Http, type RequestOptions } from './http.ts';
import { createOutageTracker, type OutageTracker } from './outage.ts';

/** What a request sends besides its method and path. */
interface RequestParts {
  data?: unknown;
  params?: Record<string, string> | undefined;
  /** The content type of the body, if it is not plain JSON. */
  type?: string;
  /** The API server passes the request on to a node or a pod. */
  passedOn?: boolean;
}

/** `timeoutMs` limits one try; `signal` ends the request, its retries and the waits between them. */
export interface RequestLimits {
  timeoutMs?: number;
  /** Tries after the first, if not the usual number. */
  retries?: number;
  signal?: AbortSignal;
}

/** Requests to one API server. Errors are ApiError (an answer) or PromoteError `unreachable`. */
export interface Requests {
  /** Any answer, including one that is not a success. */
  send(method: string, path: string, parts?: RequestParts, limits?: RequestLimits): Promise<AxiosResponse>;
  /** The object of a successful answer. */
  ask<R>(method: string, path: string, parts?: RequestParts, limits?: RequestLimits): Promise<R>;
  /**
   * The answer of a pod to a GET, as text: one try, `timeoutMs` for all of it, at most `maxBytes`. The API
   * server passes the request on.
   */
  text(path: string, maxBytes: number, timeoutMs: number, signal?: AbortSignal): Promise<string>;
  /** The number of requests sent until now, retries included. */
  sent(): number;
  readonly outage: OutageTracker;
}

/** Sends requests with the credentials of a connection. */
export function createRequests(connection: Connection, clock: Clock, options: RequestOptions): Requests {
  const outage = createOutageTracker(clock);
  const http = createHttp(connection, clock, options, outage);
  const send: Requests['send'] = (...request) => sendRequest(http, ...request);
  return {
    send,
    ask: async (method, path, ...rest) => objectIn(await send(method, path, ...rest), `${method} ${path}`),
    text: (...request) => fetchText(http, ...request),
    sent: () => http.sent,
    outage,
  };
}

async function sendRequest(
  { axios, connection }: Http,
  method: string,
  path: string,
  { data, params, type, passedOn = false }: RequestParts = {},
  { timeoutMs, retries, signal }: RequestLimits = {},
): Promise<AxiosResponse> {
  try {
    return await axios.request({
      method,
      url: path,
      data,
      passedOn,
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

async function fetchText(
  { axios, connection, options }: Http,
  path: string,
  maxBytes: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string> {
  // the timeout of axios starts again with each byte, so a slow sender could exceed it
  const limit = AbortSignal.timeout(timeoutMs);
  const signals = [limit, signal, options.signal].filter((each) => each !== undefined);
  try {
    const { status, data } = await axios.get<string>(path, {
      responseType: 'text',
      transformResponse: (text: string) => text,
      maxContentLength: maxBytes,
      timeout: 0,
      signal: AbortSignal.any(signals),
      passedOn: true,
      'axios-retry': { retries: 0 },
    });
    if (!isSuccess(status)) throw apiErrorOf(status, data, `GET ${path}`);
    return data;
  } catch (error) {
    // the error of an answer that broke off, or grew too large, carries a response with status 200
    if (isAxiosError(error) && error.response && !isSuccess(error.response.status)) {
      throw apiErrorOf(error.response.status, error.response.data, `GET ${path}`);
    }
    if (error instanceof PromoteError) throw error;
    throw unreachable(connection.server, limit.aborted ? limit.reason : error);
  }
}

/** The object of an answer. @throws ApiError if it is not a success, or not an answer of the API server */
export function objectIn<R>({ status, data }: AxiosResponse, request: string): R {
  if (!isSuccess(status)) throw apiErrorOf(status, data, request);
  if (typeof data !== 'object' || data === null) throw notJson(status, request);
  return data as R;
}
