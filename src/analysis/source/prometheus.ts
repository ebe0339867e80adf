import { Agent } from 'node:https';
import axios, { isAxiosError } from 'axios';
import { messageOf } from '../../errors.ts';

/** A server with Prometheus' HTTP API: Prometheus itself, Thanos, Mimir, VictoriaMetrics. */
export interface PrometheusAccess {
  /** Includes the prefix of the API, if it has one (Mimir: `/prometheus`). */
  readonly url: string;
  readonly bearer?: string;
  readonly basic?: { readonly username: string; readonly password: string };
  /** X-Scope-OrgID of Mimir, Cortex and Loki. */
  readonly tenant?: string;
  /** PEM. If set, only this authority is trusted. */
  readonly ca?: string;
}

/** The result of a query. Only `value` is a measurement; no other result may pass a check by itself. */
export type QueryOutcome =
  | { readonly kind: 'value'; readonly value: number }
  /** The vector is empty: no series, or none in the window. */
  | { readonly kind: 'no-value' }
  /** NaN, mostly zero requests divided by zero; or an infinity, which is a division by zero as well. */
  | { readonly kind: 'not-a-number'; readonly value: number }
  /** A check needs one number: the query has to aggregate. */
  | { readonly kind: 'several'; readonly count: number; readonly message: string }
  /** 3xx and 4xx: the query, the address or the credentials are wrong, in the server's words. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** 5xx, or no answer. */
  | { readonly kind: 'unavailable'; readonly status: number | undefined; readonly message: string }
  | { readonly kind: 'timeout'; readonly message: string }
  /** An answer from something else: a login page, a proxy, another program. */
  | { readonly kind: 'not-prometheus'; readonly message: string };

export interface Prometheus {
  /**
   * Sends an instant query for the current time. One try, with `timeoutMs` for all of it. Never rejects
   * because of the network.
   */
  query(promql: string, limits: { timeoutMs: number; signal?: AbortSignal }): Promise<QueryOutcome>;
}

const ANSWER_BYTES = 16 * 1024 * 1024;
const SAID_CHARACTERS = 300;

export function createPrometheus({ url, bearer, basic, tenant, ca }: PrometheusAccess): Prometheus {
  const http = axios.create({
    headers: {
      'User-Agent': 'drone-promote',
      ...(bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      ...(tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }),
    },
    ...(basic && bearer === undefined ? { auth: { ...basic } } : {}),
    ...(ca === undefined ? {} : { httpsAgent: new Agent({ ca }) }),
    // a redirect would turn the POST into a GET, and send the credentials elsewhere
    maxRedirects: 0,
    maxContentLength: ANSWER_BYTES,
    responseType: 'text',
    transformResponse: (text: string) => text,
    validateStatus: () => true,
  });
  const endpoint = `${url.replace(/\/+$/, '')}/api/v1/query`;

  return {
    async query(promql, { timeoutMs, signal }) {
      const limit = AbortSignal.timeout(timeoutMs);
      // the server gets the timeout as well, so that it stops the query
      const form = new URLSearchParams({ query: promql, timeout: `${Math.ceil(timeoutMs / 1000)}s` });
      try {
        const { status, data } = await http.post<string>(endpoint, form, {
          signal: signal ? AbortSignal.any([signal, limit]) : limit,
        });
        return outcomeOf(status, data);
      } catch (error) {
        if (limit.aborted || (isAxiosError(error) && error.code === 'ETIMEDOUT')) {
          return { kind: 'timeout', message: `Prometheus did not answer within ${timeoutMs} ms` };
        }
        return { kind: 'unavailable', status: undefined, message: unreachableReason(error) };
      }
    },
  };
}

/** Reads an answer of the API (prometheus/docs, "HTTP API", instant queries). */
export function outcomeOf(status: number, body: string): QueryOutcome {
  const answer = parse(body);
  const said = typeof answer?.error === 'string' ? answer.error.slice(0, SAID_CHARACTERS) : undefined;
  if (status === 503 && answer?.errorType === 'timeout') {
    return { kind: 'timeout', message: said ?? 'the query took too long' };
  }
  if (status >= 500) return { kind: 'unavailable', status, message: said ?? `Prometheus answered ${status}` };
  if (status >= 300) return { kind: 'refused', status, message: said ?? `Prometheus answered ${status}` };
  if (answer === undefined)
    return { kind: 'not-prometheus', message: `it answered ${status}, but not in JSON` };
  // some multi-tenant proxies answer 200 to a failed query
  if (answer.status === 'error')
    return { kind: 'refused', status, message: said ?? 'it answered with an error' };
  return resultOf(answer.data);
}

function resultOf(data: unknown): QueryOutcome {
  const { resultType, result } = isObject(data) ? data : {};
  if (resultType === 'scalar') return sampleOf(result);
  if (resultType !== 'vector' || !Array.isArray(result)) {
    const what = typeof resultType === 'string' ? `a ${resultType.slice(0, 20)}` : 'no result';
    return { kind: 'not-prometheus', message: `the query gives ${what}, but a check needs one number` };
  }
  if (result.length === 0) return { kind: 'no-value' };
  if (result.length === 1) return sampleOf(isObject(result[0]) ? result[0].value : undefined);
  const names = result.slice(0, 3).map((each) => JSON.stringify(isObject(each) ? each.metric : each));
  const message = `${result.length} series, but a check needs one: ${names.join(', ')}`.slice(
    0,
    SAID_CHARACTERS,
  );
  return { kind: 'several', count: result.length, message };
}

/** A sample: `[time, "value"]`. A native histogram has none. */
function sampleOf(sample: unknown): QueryOutcome {
  const text: unknown = Array.isArray(sample) ? sample[1] : undefined;
  const value = typeof text === 'string' ? numberOf(text) : undefined;
  if (value === undefined) return { kind: 'not-prometheus', message: 'the series has no number' };
  return Number.isFinite(value) ? { kind: 'value', value } : { kind: 'not-a-number', value };
}

function numberOf(text: string): number | undefined {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value) ? undefined : value;
}

/**
 * Why Prometheus is unreachable. If every address of a name refuses, Node's error has a code but no message.
 */
function unreachableReason(error: unknown): string {
  const code = isAxiosError(error) ? error.code : undefined;
  return `Prometheus cannot be reached: ${messageOf(error) || code || 'no answer'}`;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
