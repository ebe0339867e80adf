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
  /** Allows only one try, for a stream, which cannot be sent twice. */
  once?: true;
}

export interface HttpAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** The caller must read or destroy it. */
  body: Readable;
  /** The URL that answered, after redirects. */
  url: URL;
}

export interface ExchangeOptions {
  clock: Clock;
  /** Ends everything. It includes a deadline, because sockets live in real time. */
  signal: AbortSignal;
  /** Whether certificates are not checked. */
  insecure: boolean;
  /** PEM of an authority to trust besides the known ones. */
  ca: string | undefined;
  /** Per request, from the connection to the head of the answer. */
  timeoutMs: number;
  /** The limit for the sum of all pauses before further tries (429, 5xx). */
  pausesMs: number;
}

/**
 * HTTP with limits: timeouts, retries after temporary failures, and redirects that send no credentials to
 * another host.
 */
export interface Exchange {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** The number of requests that were answered. */
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
  let pausesLeftMs = options.pausesMs;
  let requests = 0;
  const count = () => {
    requests += 1;
  };
  axiosRetry(client, {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryCondition: (error) =>
      !signal.aborted && isWorthAnotherTry(error) && pauseOf(1, error, clock.now()) <= pausesLeftMs,
    retryDelay: () => 0,
    onRetry: async (tries, error) => {
      if (error.response) count();
      (error.response?.data as Readable | undefined)?.destroy();
      const pauseMs = Math.min(pauseOf(tries, error, clock.now()), pausesLeftMs);
      pausesLeftMs -= pauseMs;
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
          throw unreachable(url, new Error('it redirects without a target'), status);
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
