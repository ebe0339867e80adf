import type { Readable } from 'node:stream';
import axios, { type AxiosError, type AxiosRequestConfig, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import type { Clock } from '../../../clock.ts';
import { ANSWER_LIMIT, type Answer, type Attempt, type Failure } from './answer.ts';
import { failureVerdict } from './failures.ts';
import type { KeelRequest } from './requests.ts';

/** All in milliseconds, but `retries`. */
export interface SendLimits {
  /** For one try, from the connection to the head of the answer. */
  readonly timeoutMs: number;
  /** For all tries together, with the pauses between them. */
  readonly deadlineMs: number;
  /** Tries after the first. */
  readonly retries: number;
  /** The first pause; each later one is twice as long. */
  readonly backoffMs: number;
  /** The longest pause, also where the server asks for a longer one (Retry-After). */
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
  /** Told of every try that is followed by another, before the pause. */
  readonly onRetry?: (attempt: Attempt, pauseMs: number) => void;
  /** Ends the exchange when it takes too long as a whole. Sockets live in real time, so this is not the Clock's. */
  readonly guard?: AbortSignal;
}

/**
 * Sends one request, again where it cannot have been taken (no connection, 429, 503), and where a second one does no harm also after a
 * lost connection and other 5xx. Redirects are not followed: the POST would become a GET. A try that timed out is not repeated: one that
 * is slow will be slow again.
 *
 * @returns all tries, the last of which stands; never rejects for what happens on the wire
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
    // The pause is made in onRetry, by the Clock; what the library would wait on top is nothing.
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
    // The body goes out as it was written; axios would parse JSON and trim it.
    transformRequest: [(data) => data],
    // As a stream: of a page without an end only the beginning is read, and the status is kept.
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
  // An answer that is no HTTP (HPE_…: a TLS port, another protocol) will be none the next time either.
  return axiosRetry.isNetworkError(error) && !error.code?.startsWith('HPE_');
}

function pauseOf(count: number, error: AxiosError, limits: SendLimits): number {
  const seconds = Number(error.response?.headers['retry-after'] ?? 0);
  const asked = Number.isFinite(seconds) ? seconds * 1000 : 0;
  return Math.min(Math.max(limits.backoffMs * 2 ** (count - 1), asked), limits.longestPauseMs);
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
  if (guard.aborted) return { code: 'TIMEOUT', message: 'it took too long as a whole' };
  const { code, message } = innermost(error);
  if (code === 'ERR_CANCELED' || code === 'ABORT_ERR')
    return { code: 'CANCELLED', message: 'the step was told to stop' };
  if (code === 'ECONNABORTED') return { code: 'TIMEOUT', message };
  return { code: code ?? 'UNKNOWN', message };
}

/** axios wraps the error of the socket, and Node wraps one for each address that it tried: the first with a code says it best. */
function innermost(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  const deeper = inner instanceof Error ? innermost(inner) : undefined;
  const message = error.message || deeper?.message || error.name;
  return { code: code ?? deeper?.code, message };
}
