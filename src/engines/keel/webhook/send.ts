import type { Readable } from 'node:stream';
import axios, { type AxiosError, type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import type { Clock } from '../../../clock.ts';
import { ANSWER_LIMIT, type Answer, type Attempt, type Failure } from './answer.ts';
import { failureVerdict } from './failures.ts';
import type { KeelRequest } from './requests.ts';

/** The limits of sending. All are milliseconds, except `retries`. */
export interface SendLimits {
  /** For one try, from the connection to the head of the answer. */
  readonly timeoutMs: number;
  /** For all tries together, with the pauses between them. */
  readonly deadlineMs: number;
  /** Tries after the first. */
  readonly retries: number;
  /** The first pause; each later one is twice as long. */
  readonly backoffMs: number;
  /** The longest pause, also if the server asks for a longer one (Retry-After). */
  readonly longestPauseMs: number;
}

export const SEND_LIMITS: SendLimits = {
  timeoutMs: 10_000,
  deadlineMs: 60_000,
  retries: 3,
  backoffMs: 1_000,
  longestPauseMs: 10_000,
};

export interface SendDeps {
  readonly clock: Clock;
  readonly limits: SendLimits;
  /** Called after every try that is followed by another, before the pause. */
  readonly onRetry?: (attempt: Attempt, pauseMs: number) => void;
  /**
   * Ends the exchange if it takes too long in total. Sockets use real time, so the Clock has no part in this.
   */
  readonly guard?: AbortSignal;
}

/**
 * Sends one request, and retries if Keel cannot have accepted it (no connection, 429, 503). If a second
 * request does no harm, it also retries after a lost connection and other 5xx. It does not follow redirects,
 * because the POST would become a GET. It does not retry after a timeout, because a slow server stays slow.
 *
 * @returns all tries, of which the last decides; never rejects because of a network error
 */
export async function send(request: KeelRequest, deps: SendDeps, signal: AbortSignal): Promise<Attempt[]> {
  const { clock, limits } = deps;
  const guard = deps.guard ?? AbortSignal.timeout(limits.deadlineMs);
  const attempts: Attempt[] = [];
  let begun = clock.monotonic();
  const finished = async (from: AxiosResponse<Readable> | unknown): Promise<Attempt> => {
    const attempt = await attemptOf(from, () => clock.monotonic() - begun, guard);
    attempts.push(attempt);
    return attempt;
  };
  const client = axios.create();
  axiosRetry(client, {
    retries: limits.retries,
    shouldResetTimeout: true,
    retryCondition: (error) => !guard.aborted && isWorthAnotherTry(request, error, guard),
    // onRetry pauses by the Clock, so the library itself must not pause.
    retryDelay: () => 0,
    onRetry: async (count, error) => {
      const pauseMs = pauseOf(count, error, limits);
      deps.onRetry?.(await finished(error), pauseMs);
      await clock.sleep(pauseMs, AbortSignal.any([signal, guard]));
      begun = clock.monotonic();
    },
  });
  try {
    await finished(
      await client.request<Readable>(await configOf(request, limits, AbortSignal.any([signal, guard]))),
    );
  } catch (error) {
    await finished(error);
  }
  return attempts;
}

async function configOf(
  request: KeelRequest,
  limits: SendLimits,
  signal: AbortSignal,
): Promise<AxiosRequestConfig> {
  const { auth, body, endpoint, headers, method, skipVerify, validResponseCodes } = request;
  return {
    url: endpoint.url,
    method,
    headers: { 'User-Agent': 'drone-promote', ...headers },
    data: body,
    // Sends the body unchanged; axios would parse JSON and trim it.
    transformRequest: [(data) => data],
    // A stream, so that only the beginning of an endless page is read, and its status is kept.
    responseType: 'stream',
    decompress: false,
    maxRedirects: 0,
    timeout: limits.timeoutMs,
    validateStatus: (status) => !isBusy(status) || validResponseCodes.includes(status),
    signal,
    ...(auth === undefined ? {} : { auth }),
    ...(skipVerify ? { httpsAgent: await trustingAgent() } : {}),
  };
}

export async function trustingAgent(): Promise<unknown> {
  const { Agent } = await import('node:https');
  return new Agent({ rejectUnauthorized: false });
}

function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

function isWorthAnotherTry(request: KeelRequest, error: AxiosError, guard: AbortSignal): boolean {
  if (error.response !== undefined) {
    const { status } = error.response;
    return isBusy(status) && (request.repeatable || status === 429 || status === 503);
  }
  if (!request.repeatable && failureVerdict(failureOf(error, guard), request).taken !== 'no') return false;
  // A server that does not answer with HTTP (HPE_…: a TLS port, another protocol) will not do so on a retry.
  return axiosRetry.isNetworkError(error) && !error.code?.startsWith('HPE_');
}

function pauseOf(count: number, error: AxiosError, limits: SendLimits): number {
  const seconds = Number(error.response?.headers['retry-after'] ?? 0);
  const requestedMs = Number.isFinite(seconds) ? seconds * 1000 : 0;
  return Math.min(Math.max(limits.backoffMs * 2 ** (count - 1), requestedMs), limits.longestPauseMs);
}

async function attemptOf(from: unknown, elapsed: () => number, guard: AbortSignal): Promise<Attempt> {
  const response = isAxiosError<Readable>(from) ? from.response : (from as AxiosResponse<Readable>);
  if (response === undefined || from instanceof TypeError) {
    return { answer: undefined, failure: failureOf(from, guard), ms: elapsed() };
  }
  try {
    const answer = await answerOf(response);
    return { answer, failure: undefined, ms: elapsed() };
  } catch (error) {
    return { answer: undefined, failure: failureOf(error, guard), ms: elapsed() };
  }
}

async function answerOf(response: AxiosResponse<Readable>): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.data) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > ANSWER_LIMIT) break;
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [
    name.toLowerCase(),
    String(value),
  ]);
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).subarray(0, ANSWER_LIMIT).toString('utf8'),
    isCut: length > ANSWER_LIMIT,
  };
}

function failureOf(error: unknown, guard: AbortSignal): Failure {
  if (guard.aborted) return { code: 'TIMEOUT', message: 'it took too long in total' };
  const { code, message } = innermost(error);
  if (code === 'ERR_CANCELED' || code === 'ABORT_ERR')
    return { code: 'CANCELLED', message: 'the step was cancelled' };
  if (code === 'ECONNABORTED') return { code: 'TIMEOUT', message };
  return { code: code ?? 'UNKNOWN', message };
}

/**
 * The code and message of the cause. axios wraps the error of the socket, and Node wraps one error for each
 * address that it tried. The first with a code describes the cause best.
 */
function innermost(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const deeper = inner instanceof Error ? innermost(inner) : undefined;
  const message = error.message || deeper?.message || error.name;
  return { code: code ?? deeper?.code, message };
}
