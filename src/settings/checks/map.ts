import { attempt, combinedError } from '../faults.ts';
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
 * Reads a check that is written as a map: what to measure (a source, a query, a URL or a path) and how to
 * judge it.
 *
 * @throws Error with all faults of the map; each names the key
 */
export function checkOfMap(item: unknown): Check {
  const fields = fieldsOf(item, KEYS);
  const { faults } = fields;
  const measure = attempt(faults, () => measureOf(fields));
  const isSeries = (fields.word('judge', ['threshold', 'mann-whitney']) ?? 'threshold') === 'mann-whitney';
  const given = {
    name: fields.text('name'),
    min: fields.number('min'),
    max: fields.number('max'),
    compare: fields.word('compare', ['stable', 'baseline']),
    series: isSeries ? seriesJudgeOf(fields) : undefined,
    intervalMs: fields.duration('interval') ?? DEFAULTS.intervalMs,
    windowMs: fields.duration('window') ?? DEFAULTS.windowMs,
    failures: fields.number('failures') ?? DEFAULTS.failures,
    noData: fields.word('no_data', ['wait', 'pass', 'fail']) ?? DEFAULTS.noData,
  };
  if (measure !== undefined) faults.push(...combinationFaults(measure, isSeries, given.compare, fields.keys));
  if (measure === undefined || faults.length > 0) throw combinedError(faults);
  return { ...given, measure, name: given.name ?? nameOf(measure) };
}

/** The name of a check that the user did not name. */
function nameOf(measure: Measure): string {
  return measure.kind === 'latency'
    ? `latency-p${`${measure.quantile}`.slice(2).padEnd(2, '0')}`
    : measure.kind;
}

const MEASURES = ['source', 'query', 'url', 'path'];

/** @returns undefined if its field has a fault */
function measureOf(fields: Fields): Measure | undefined {
  if (MEASURES.filter((key) => fields.keys.includes(key)).length !== 1)
    throw new Error('needs exactly one of `source`, `query`, `url` and `path`');
  const [source, query, url, path] = MEASURES.map(fields.text);
  if (query !== undefined) return { kind: 'query', query };
  const json = fields.text('json');
  if (url !== undefined) return httpOf(url, json, fields);
  if (path !== undefined) return podPath(path, fields.number('port'), json);
  return source === undefined ? undefined : sourceOf(source, fields);
}

function httpOf(url: string, json: string | undefined, fields: Fields): Measure {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new Error('`url` must be an http or https URL');
  return {
    kind: 'http',
    url,
    headers: fields.texts('headers') ?? {},
    status: fields.number('status') ?? 200,
    json,
  };
}

function podPath(path: string, port: number | undefined, json: string | undefined): Measure {
  if (!path.startsWith('/')) throw new Error('`path` must begin with "/"');
  if (port === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new Error('`path` needs a `port` from 1 to 65535');
  }
  return { kind: 'pod', path, port, json };
}

/** Reads `success-rate`, `latency-p99`, `latency` (slower than) or `restarts`. */
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
        '`source` must be one of success-rate, latency-p99 (or another quantile), latency, restarts',
      );
  }
}

/** The quantile of `latency-p99`, from 0 to 1; undefined for another text. */
export function quantileOf(text: string): number | undefined {
  const digits = /^latency-p(\d{2,3})$/.exec(text)?.[1];
  const quantile = Number(`0.${digits}`);
  return digits === undefined || quantile === 0 ? undefined : quantile;
}

/** Faults of keys in combination. */
function combinationFaults(
  { kind }: Measure,
  isSeries: boolean,
  compare: 'stable' | 'baseline' | undefined,
  keys: readonly string[],
): string[] {
  const has = (key: string) => keys.includes(key);
  const isBound = has('min') || has('max');
  const isValue = kind !== 'http' && kind !== 'pod' && kind !== 'slower';
  const ofSeries = keys.filter((key) => SERIES_KEYS.some((each) => each === key));
  const rules: [broken: boolean, fault: string][] = [
    ...ofSeries.map((key): [boolean, string] => [!isSeries, `\`${key}\` needs \`judge: mann-whitney\``]),
    [
      isSeries && (isBound || has('failures')),
      '`judge: mann-whitney` cannot have `min`, `max` or `failures`',
    ],
    [isSeries && kind !== 'query', '`judge: mann-whitney` needs a `query`'],
    [has('slower_than') && kind !== 'slower', '`slower_than` needs `source: latency`'],
    [
      kind === 'slower' && !has('compare'),
      '`source: latency` needs `compare: stable`; for a limit, use latency-p99',
    ],
    [
      kind === 'slower' && isBound,
      '`source: latency` cannot have `min` or `max`, because the judge compares it with stable',
    ],
    [compare === 'baseline' && kind !== 'query', '`compare: baseline` needs a `query`'],
    [
      compare !== undefined && ['http', 'pod', 'restarts'].includes(kind),
      '`compare` works only with success-rate, latency and queries',
    ],
    [isValue && !isSeries && !isBound, 'needs `min` or `max`'],
  ];
  return rules.flatMap(([broken, fault]) => (broken ? [fault] : []));
}
