import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse, isAxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import type { Clock } from '../../clock.ts';
import { isBusy, isWorthAnotherTry, pauseOf } from './retry.ts';
import { authoritiesWith } from './trust.ts';
import { unreachable } from './unreachable.ts';

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
  /** PEM, of an authority to be trusted beside the known ones. */
  ca: string | undefined;
  /** From the connection to the head of the answer, for each request. */
  timeoutMs: number;
  /** How long all pauses before another try may take together (429, 5xx). */
  patienceMs: number;
}

/**
 * HTTP with bounds: time-outs, retries of what may go by, redirects that carry no credentials to another
 * host.
 */
export interface Exchange {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Requests that were answered until now. */
  requests(): number;
  close(): void;
}

const RETRIES = 3;
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
      ...(ca === undefined ? {} : { ca: authoritiesWith(ca) }),
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
    retryCondition: (error) =>
      !signal.aborted && isWorthAnotherTry(error) && pauseOf(1, error, clock.now()) <= patience,
    retryDelay: () => 0,
    onRetry: async (tries, error) => {
      if (error.response) count();
      (error.response?.data as Readable | undefined)?.destroy();
      const pauseMs = Math.min(pauseOf(tries, error, clock.now()), patience);
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
