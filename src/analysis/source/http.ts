import axios, { type AxiosResponse, isAxiosError } from 'axios';
import { JSONPath } from 'jsonpath-plus';
import type { Clock } from '../../clock.ts';
import { messageOf } from '../../errors.ts';

/** One request to the release, through the ingress with the canary's header, or to its Service. */
export interface HttpCheck {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The expected statuses; by default any 2xx. Redirects are not followed, because one may be expected. */
  readonly status?: readonly number[];
  readonly timeoutMs: number;
  /** Selects the value of the JSON body to measure. */
  readonly jsonPath?: string;
}

/**
 * `value`: the answer was as expected, with the selected value (undefined without a path). `failure`: the
 * release gave another answer. `error`: nothing was measured, for an unknown reason. Times in milliseconds,
 * to the last byte.
 */
export type HttpOutcome =
  | {
      readonly kind: 'value';
      readonly value: Measured | undefined;
      readonly status: number;
      readonly ms: number;
    }
  | { readonly kind: 'failure'; readonly message: string; readonly status: number; readonly ms: number }
  | { readonly kind: 'error'; readonly message: string; readonly ms: number };

/**
 * A value that can be compared. A string with a number counts as a number, because many services write
 * numbers so.
 */
type Measured = number | string | boolean;

const BODY_BYTES = 1024 * 1024;

/** Sends one request. Never rejects because of the network, or of the path and the body. */
export async function checkHttp(check: HttpCheck, clock: Clock, signal?: AbortSignal): Promise<HttpOutcome> {
  const begun = clock.monotonic();
  const elapsed = () => clock.monotonic() - begun;
  const limit = AbortSignal.timeout(check.timeoutMs);
  try {
    const answer = await axios.request<string>({
      url: check.url,
      method: check.method ?? 'GET',
      headers: { 'User-Agent': 'drone-promote', ...check.headers },
      maxRedirects: 0,
      maxContentLength: BODY_BYTES,
      responseType: 'text',
      transformResponse: (text: string) => text,
      validateStatus: () => true,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    return judge(check, answer, elapsed());
  } catch (error) {
    const message = limit.aborted
      ? `no whole answer within ${check.timeoutMs} ms`
      : messageOf(error) || (isAxiosError(error) && error.code) || 'no answer';
    return { kind: 'error', message, ms: elapsed() };
  }
}

function judge(check: HttpCheck, { status, data }: AxiosResponse<string>, ms: number): HttpOutcome {
  const isExpected = check.status ? check.status.includes(status) : status >= 200 && status < 300;
  if (!isExpected) {
    const expected = check.status?.join(' or ') ?? '2xx';
    return { kind: 'failure', message: `answered ${status}, expected ${expected}`, status, ms };
  }
  if (check.jsonPath === undefined) return { kind: 'value', value: undefined, status, ms };
  const found = valueIn(data, check.jsonPath);
  return typeof found === 'object'
    ? { kind: 'failure', message: found.fault, status, ms }
    : { kind: 'value', value: found, status, ms };
}

/** The value that the path selects in the body, or why there is none. */
export function valueIn(body: string, path: string): Measured | { fault: string } {
  let found: unknown;
  try {
    const json: unknown = JSON.parse(body);
    // the library's own small interpreter evaluates filters; they do not run as code
    found = JSONPath({ path, json: json as object, wrap: true, eval: 'safe' });
  } catch (error) {
    return { fault: `the body cannot be read with ${path}: ${messageOf(error).slice(0, 200)}` };
  }
  const values: unknown[] = Array.isArray(found) ? found : [];
  if (values.length !== 1) return { fault: `${path} selects ${values.length || 'no'} values, one is needed` };
  const [value] = values;
  if (typeof value === 'string')
    return value.trim() === '' || Number.isNaN(Number(value)) ? value : Number(value);
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return { fault: `${path} selects ${value === null ? 'null' : 'an object'}, a value is needed` };
}
