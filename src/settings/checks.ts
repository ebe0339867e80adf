import { parseDuration, shown } from './duration.ts';

/** A check that the user asks for, beside the judge of errors. Durations in milliseconds. */
export interface Check {
  name: string;
  /** What is measured: the router's or Prometheus' success rate or latency of the canary, a query, or an HTTP answer. */
  measure:
    | { kind: 'success-rate' }
    | { kind: 'latency'; quantile: number }
    | { kind: 'query'; query: string }
    | { kind: 'http'; url: string; status: number; json: string | undefined };
  /** The value passes from `min` to `max`, both included: percent, milliseconds, or what the query gives. */
  min: number | undefined;
  max: number | undefined;
  intervalMs: number;
  /** How far back a query looks. */
  windowMs: number;
  /** How many measurements may fail before the canary does. */
  failures: number;
  /** What no value means: wait for one, at the step's end too; or it passes; or it is a failure. */
  noData: 'wait' | 'pass' | 'fail';
}

const KEYS = [
  'name',
  'query',
  'url',
  'status',
  'json',
  'min',
  'max',
  'interval',
  'window',
  'failures',
  'no_data',
];
const DEFAULTS = { intervalMs: 5_000, windowMs: 60_000, failures: 0, noData: 'wait' } as const;

/**
 * Reads checks: a short form (`success-rate >= 99.5%`, `latency-p99 <= 500ms`), several with commas, or JSON with short forms and objects
 * (name, query or url, min, max, interval, window, failures, no_data).
 *
 * @throws Error that names the check and what is wrong with it
 */
export function parseChecks(text: string): readonly Check[] {
  const trimmed = text.trim();
  const items = /^[[{]/.test(trimmed)
    ? jsonItems(trimmed)
    : trimmed.split(',').filter((each) => each.trim() !== '');
  const checks = items.map((item, index) => {
    try {
      return typeof item === 'string' ? shortForm(item) : objectForm(item);
    } catch (error) {
      throw new Error(`check ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const twice = checks.find(({ name }, index) => checks.findIndex((each) => each.name === name) !== index);
  if (twice) throw new Error(`two checks are named "${shown(twice.name)}"`);
  return checks;
}

function jsonItems(text: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    throw new Error(`begins like JSON and is none: ${shown(text)}`);
  }
}

function shortForm(text: string): Check {
  const [, name = '', sign = '', bound = ''] = /^\s*([a-z0-9-]+)\s*(>=|<=)\s*(\S+)\s*$/.exec(text) ?? [];
  const limit = (value: number) =>
    sign === '>=' ? { min: value, max: undefined } : { min: undefined, max: value };
  if (name === 'success-rate' && sign === '>=') {
    return { name, measure: { kind: 'success-rate' }, ...limit(percentOf(bound)), ...DEFAULTS };
  }
  const quantile = /^latency-p(\d{2,3})$/.exec(name)?.[1];
  if (quantile !== undefined && sign === '<=') {
    const q = Number(`0.${quantile}`);
    return { name, measure: { kind: 'latency', quantile: q }, ...limit(parseDuration(bound)), ...DEFAULTS };
  }
  throw new Error(`"${shown(text.trim())}" is not of the form success-rate >= 99.5% or latency-p99 <= 500ms`);
}

function objectForm(item: unknown): Check {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new Error('is neither a text nor a map');
  const given = new Map(Object.entries(item));
  const unknown = [...given.keys()].find((key) => !KEYS.includes(key));
  if (unknown !== undefined) throw new Error(`"${shown(unknown)}" is not one of ${KEYS.join(', ')}`);
  const text = (key: string) => {
    const value = given.get(key);
    if (value !== undefined && typeof value !== 'string') throw new Error(`\`${key}\` is not a text`);
    return value;
  };
  const number = (key: string) => {
    const value = given.get(key);
    if (value !== undefined && (value === '' || !Number.isFinite(Number(value)))) {
      throw new Error(`\`${key}\` is not a number`);
    }
    return value === undefined ? undefined : Number(value);
  };
  const duration = (key: string) => {
    const value = given.get(key);
    return value === undefined ? undefined : parseDuration(String(value));
  };
  const [query, url] = [text('query'), text('url')];
  if ((query === undefined) === (url === undefined)) throw new Error('wants either `query` or `url`');
  const [min, max] = [number('min'), number('max')];
  if (query !== undefined && min === undefined && max === undefined) throw new Error('wants `min` or `max`');
  const noData = text('no_data') ?? DEFAULTS.noData;
  if (noData !== 'wait' && noData !== 'pass' && noData !== 'fail') {
    throw new Error('`no_data` is one of wait, pass, fail');
  }
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error('`url` is not an http or https URL');
  return {
    name: text('name') ?? (url === undefined ? 'query' : 'http'),
    measure:
      url === undefined
        ? { kind: 'query', query: query ?? '' }
        : { kind: 'http', url, status: number('status') ?? 200, json: text('json') },
    min,
    max,
    intervalMs: duration('interval') ?? DEFAULTS.intervalMs,
    windowMs: duration('window') ?? DEFAULTS.windowMs,
    failures: number('failures') ?? DEFAULTS.failures,
    noData,
  };
}

function percentOf(text: string): number {
  const value = Number(/^(\d{1,3}(?:\.\d{1,6})?)%?$/.exec(text)?.[1]);
  if (!(value >= 0 && value <= 100)) throw new Error(`"${shown(text)}" is not a percentage, like 99.5%`);
  return value;
}
