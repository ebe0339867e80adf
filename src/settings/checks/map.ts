import { type Fields, fieldsOf } from './fields.ts';
import { SERIES_KEYS, seriesJudgeOf } from './series.ts';
import { type Check, DEFAULTS, type Measure } from './types.ts';

const KEYS = [
  'name',
  'source',
  'query',
  'url',
  'headers',
  'path',
  'port',
  'status',
  'json',
  'slower_than',
  'compare',
  'judge',
  'min',
  'max',
  'interval',
  'window',
  'failures',
  'no_data',
  ...SERIES_KEYS,
];

/**
 * Reads a check that is written as a map: a source, a query, a URL or a path, and how it is judged.
 *
 * @throws Error that names the key, or what is missing
 */
export function checkOfMap(item: unknown): Check {
  const fields = fieldsOf(item, KEYS);
  const measure = measureOf(fields);
  const [min, max] = [fields.number('min'), fields.number('max')];
  const isSeries = (fields.word('judge', ['threshold', 'mann-whitney']) ?? 'threshold') === 'mann-whitney';
  const check: Check = {
    name: fields.text('name') ?? nameOf(measure),
    measure,
    min,
    max,
    compare: fields.word('compare', ['stable', 'baseline']),
    series: isSeries ? seriesJudgeOf(fields) : undefined,
    intervalMs: fields.duration('interval') ?? DEFAULTS.intervalMs,
    windowMs: fields.duration('window') ?? DEFAULTS.windowMs,
    failures: fields.number('failures') ?? DEFAULTS.failures,
    noData: fields.word('no_data', ['wait', 'pass', 'fail']) ?? DEFAULTS.noData,
  };
  fitting(check, fields);
  return check;
}

/** The name of a check that has none of its own. */
function nameOf(measure: Measure): string {
  return measure.kind === 'latency'
    ? `latency-p${`${measure.quantile}`.slice(2).padEnd(2, '0')}`
    : measure.kind;
}

function measureOf(fields: Fields): Measure {
  const [query, url, path, source] = ['query', 'url', 'path', 'source'].map(fields.text);
  if ([query, url, path, source].filter((each) => each !== undefined).length !== 1) {
    throw new Error('wants one of `source`, `query`, `url` and `path`');
  }
  if (query !== undefined) return { kind: 'query', query };
  const json = fields.text('json');
  if (url !== undefined) {
    if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      throw new Error('`url` is not an http or https URL');
    return {
      kind: 'http',
      url,
      headers: fields.texts('headers') ?? {},
      status: fields.number('status') ?? 200,
      json,
    };
  }
  if (path !== undefined) return podPath(path, fields.number('port'), json);
  return sourceOf(source ?? '', fields);
}

function podPath(path: string, port: number | undefined, json: string | undefined): Measure {
  if (!path.startsWith('/')) throw new Error('`path` begins with a "/"');
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error('`path` wants a `port`, from 1 to 65535');
  }
  return { kind: 'pod', path, port, json };
}

/** `success-rate`, `latency-p99`, `latency` (slower than), `restarts`. */
function sourceOf(source: string, fields: Fields): Measure {
  const quantile = quantileOf(source);
  if (quantile !== undefined) return { kind: 'latency', quantile };
  switch (source) {
    case 'success-rate':
      return { kind: 'success-rate' };
    case 'restarts':
      return { kind: 'restarts' };
    case 'latency':
      return { kind: 'slower', thanMs: fields.duration('slower_than') };
    default:
      throw new Error(
        '`source` is one of success-rate, latency-p99 (or another quantile), latency, restarts',
      );
  }
}

/** The quantile of `latency-p99`, 0 to 1; undefined for anything else. */
export function quantileOf(text: string): number | undefined {
  const digits = /^latency-p(\d{2,3})$/.exec(text)?.[1];
  const quantile = Number(`0.${digits}`);
  return digits === undefined || quantile === 0 ? undefined : quantile;
}

/** What one key says must go with the others. */
function fitting({ measure, min, max, compare, series }: Check, { keys }: Fields): void {
  const has = (key: string) => keys.includes(key);
  const isBound = min !== undefined || max !== undefined;
  const isValue = measure.kind !== 'http' && measure.kind !== 'pod' && measure.kind !== 'slower';
  const alone = keys.find((key) => SERIES_KEYS.some((each) => each === key));
  if (!series && alone) throw new Error(`\`${alone}\` goes with \`judge: mann-whitney\``);
  if (series && (isBound || has('failures')))
    throw new Error('`judge: mann-whitney` has no min, max and failures');
  if (series && measure.kind !== 'query') throw new Error('`judge: mann-whitney` wants a `query`');
  if (has('slower_than') && measure.kind !== 'slower')
    throw new Error('`slower_than` goes with `source: latency`');
  if (measure.kind === 'slower') {
    if (compare === undefined)
      throw new Error('`source: latency` wants `compare: stable`; a bound goes with latency-p99');
    if (isBound) throw new Error('`source: latency` has no min and max: it is judged as errors are');
  }
  if (compare === 'baseline' && measure.kind !== 'query')
    throw new Error('`compare: baseline` wants a `query`');
  if (compare !== undefined && ['http', 'pod', 'restarts'].includes(measure.kind)) {
    throw new Error('`compare` goes with success-rate, latency and queries');
  }
  if (isValue && !series && !isBound) throw new Error('wants `min` or `max`');
}
