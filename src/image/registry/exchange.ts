import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosError, type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import type { Clock } from '../../clock.ts';
import { messageOf, PromoteError } from '../../errors.ts';

/** One request; `body` is sent as it is. */
export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Buffer | Readable;
  /** With a stream, which cannot be sent twice, there is one try. */
  once?: true;
}

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** Read it, or destroy it. */
  body: Readable;
  /** Where the answer came from, after redirects. */
  url: URL;
}

export interface ExchangeOptions {
  clock: Clock;
  /** Ends everything; sockets live in real time, so a deadline is part of it. */
  signal: AbortSignal;
  /** Certificates that are not checked. */
  insecure: boolean;
  /** PEM. */
  ca: string | undefined;
  /** From the connection to the head of the answer, for each request. */
  timeoutMs: number;
  /** How long all pauses before another try may take together (429, 5xx). */
  patienceMs: number;
}

/** HTTP with bounds: time-outs, retries of what may go by, redirects that carry no credentials to another host. */
export interface Exchange {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Requests that were answered until now. */
  requests(): number;
  close(): void;
}

const RETRIES = 3;
const BACKOFF_MS = 500;
const REDIRECTS = 5;

export function createExchange(options: ExchangeOptions): Exchange {
  const { clock, signal, insecure, ca, timeoutMs } = options;
  const client = axios.create({
    timeout: timeoutMs,
    responseType: 'stream',
    decompress: false,
    maxRedirects: 0,
    maxBodyLength: Number.POSITIVE_INFINITY,
    transformRequest: [(data) => data],
    validateStatus: (status) => !isBusy(status),
    httpAgent: new http.Agent({ keepAlive: true }),
    httpsAgent: new https.Agent({
      keepAlive: true,
      ...(insecure ? { rejectUnauthorized: false } : {}),
      ...(ca === undefined ? {} : { ca }),
    }),
  });
  let patience = options.patienceMs;
  let requests = 0;
  const count = () => {
    requests += 1;
  };
  axiosRetry(client, {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryCondition: (error) => !signal.aborted && isWorthAnotherTry(error) && pauseOf(1, error) <= patience,
    retryDelay: () => 0,
    onRetry: async (tries, error) => {
      if (error.response) count();
      (error.response?.data as Readable | undefined)?.destroy();
      const pauseMs = Math.min(pauseOf(tries, error), patience);
      patience -= pauseMs;
      await clock.sleep(pauseMs, signal);
    },
  });

  async function ask({ method, url, headers, body, once }: HttpRequest): Promise<AxiosResponse<Readable>> {
    try {
      const answer = await client.request<Readable>({
        method,
        url: url.href,
        headers: { 'User-Agent': 'drone-promote', ...headers },
        data: body,
        signal,
        ...(once ? { 'axios-retry': { retries: 0 } } : {}),
      });
      count();
      return answer;
    } catch (error) {
      const response = isAxiosError<Readable>(error) ? error.response : undefined;
      if (response) count();
      response?.data.destroy();
      throw unreachable(url, error, response?.status);
    }
  }

  return {
    async send(request) {
      let { url, headers } = request;
      for (let redirects = 0; ; redirects++) {
        const answer = await ask({ ...request, url, headers });
        const status = answer.status;
        const found = headersOf(answer);
        const isRead = request.method === 'GET' || request.method === 'HEAD';
        if (!isRead || ![301, 302, 303, 307, 308].includes(status) || found.location === undefined)
          return { status, headers: found, body: answer.data, url };
        answer.data.destroy();
        const next = URL.parse(found.location, url.href);
        if (!next || !/^https?:$/.test(next.protocol) || redirects >= REDIRECTS)
          throw unreachable(url, new Error('it redirects to nowhere'), status);
        if (url.protocol === 'https:' && next.protocol === 'http:' && !insecure)
          throw unreachable(url, new Error('it redirects from HTTPS to plain HTTP'), status);
        if (next.host !== url.host || next.protocol !== url.protocol) headers = withoutCredentials(headers);
        url = next;
      }
    },
    requests: () => requests,
    close() {
      client.defaults.httpAgent.destroy();
      client.defaults.httpsAgent.destroy();
    },
  };
}

/** How long the rest of an answer may take, once its head is there: bodies that are read whole are small. */
const BODY_MS = 4_000;

/**
 * The whole body.
 *
 * @throws PromoteError `registry` where it is longer than `limit` bytes
 */
export async function bytesOf({ body, url }: HttpAnswer, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const late = setTimeout(
    () => body.destroy(Object.assign(new Error('late'), { code: 'ETIMEDOUT' })),
    BODY_MS,
  );
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } catch (error) {
    throw unreachable(url, error, undefined);
  } finally {
    clearTimeout(late);
  }
  if (length > limit)
    throw new PromoteError('registry', `${url.host} sent more than ${limit} bytes where less was expected.`);
  return Buffer.concat(chunks);
}

function headersOf({ headers }: AxiosResponse): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !['authorization', 'cookie'].includes(name.toLowerCase())),
  );
}

function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

/** What was too slow once would be so again, and a promotion waits for it. */
function isWorthAnotherTry(error: AxiosError): boolean {
  if (error.response !== undefined) return isBusy(error.response.status);
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'EAI_AGAIN';
}

/** Milliseconds; Retry-After counts in seconds, or is a date. */
function pauseOf(count: number, error: AxiosError): number {
  const text = String(error.response?.headers['retry-after'] ?? '');
  const asked = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.max(BACKOFF_MS * 2 ** (count - 1), Number.isFinite(asked) ? asked : 0);
}

function unreachable(url: URL, error: unknown, status: number | undefined): PromoteError {
  const { code, message } = innermost(error);
  const why =
    status === 429
      ? 'it limits the rate of requests (429), for longer than is waited'
      : status !== undefined && isBusy(status)
        ? `it answers ${status}`
        : code === 'ECONNABORTED' || code === 'ETIMEDOUT' || code === 'ERR_CANCELED'
          ? 'it did not answer in time'
          : message;
  return new PromoteError('registry-unreachable', `The registry at ${url.host} cannot be reached: ${why}.`, {
    cause: error,
    ...(PLAIN_HTTP.test(`${code} ${message}`)
      ? { hint: 'It speaks plain HTTP, or not TLS: with `insecure: true` that is allowed.' }
      : CERTIFICATE.test(`${code} ${message}`)
        ? { hint: 'Set `registry_ca` to the certificate authority (PEM), or `insecure: true`.' }
        : {}),
  });
}

/** What TLS says of an answer in plain HTTP. */
const PLAIN_HTTP = /EPROTO|WRONG_VERSION|wrong version number|packet length too long/i;
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|certificate/i;

/** Whether an unreachable registry may be one that speaks plain HTTP. */
export function mayBePlainHttp(error: unknown, url: URL): boolean {
  if (!(error instanceof PromoteError) || error.code !== 'registry-unreachable') return false;
  const { code, message } = innermost(error.cause);
  const refused = code === 'ECONNREFUSED' && url.port === '';
  return refused || code === 'ECONNRESET' || PLAIN_HTTP.test(`${code} ${message}`);
}

/** axios wraps the error of the socket, and Node wraps one for each address that it tried. */
function innermost(error: unknown): { code: string | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: messageOf(error) };
  const { code } = error as NodeJS.ErrnoException;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  const deeper = inner instanceof Error ? innermost(inner) : undefined;
  return { code: code ?? deeper?.code, message: error.message || deeper?.message || error.name };
}
