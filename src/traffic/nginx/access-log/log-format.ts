import { compileStretch, type Part, type Stretch } from './stretch.ts';
import { READ, type ReadVariable, triesIn } from './variables.ts';

/**
 * The format of ingress-nginx if its ConfigMap has none (docs: user-guide/nginx-configuration/log-format). It
 * is the same since release 0.30.0 at least; older releases have no `$proxy_alternative_upstream_name`.
 */
export const DEFAULT_FORMAT =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" ' +
  '"$http_user_agent" $request_length $request_time [$proxy_upstream_name] ' +
  '[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length ' +
  '$upstream_response_time $upstream_status $req_id';

/** A request of the log. Nothing else of its line is kept, and this only until it is counted. */
export interface LoggedRequest {
  /** The status that the user got. */
  readonly status: number;
  /**
   * The time from the first byte that the user sent to the last byte of the answer; undefined if the format
   * has neither this nor the upstream's time.
   */
  readonly ms: number | undefined;
  /** `NAMESPACE-SERVICE-PORT` of the Ingress; undefined if the format lacks it. */
  readonly upstream: string | undefined;
  /**
   * The same of the canary if the request went there, else empty or `-`; undefined if the format lacks it.
   */
  readonly alternative: string | undefined;
  /**
   * Where each try went: `10.1.1.1:80`, `[fd00::1]:80`, or `-` if there was none. Empty if the format lacks
   * it.
   */
  readonly addresses: readonly string[];
  /** The status of each try. Empty if the format lacks it. */
  readonly statuses: readonly string[];
  readonly namespace: string | undefined;
  readonly ingress: string | undefined;
  readonly service: string | undefined;
}

/** Reads the lines of one format. */
export interface LineParser {
  /** The variables of the format that are read. */
  readonly variables: ReadonlySet<ReadVariable>;
  /** The request of a line; undefined if it is not a whole line of this format. */
  parse(line: string): LoggedRequest | undefined;
}

export type CompiledFormat = { readonly parser: LineParser } | { readonly unusable: string };

/**
 * Compiles a log format. A JSON format needs no special case, because its quotes are like those of any other
 * format.
 *
 * @param escaping how values are escaped (`log_format … escape=`): without escaping, a request can imitate a
 * line
 * @returns why the format cannot be used, if a request could be counted wrongly or the canary cannot be told
 * from stable
 */
export function compileFormat(
  format: string,
  escaping: 'default' | 'json' | 'none' = 'default',
): CompiledFormat {
  if (escaping === 'none') return { unusable: 'values are not escaped, so a request can imitate a line.' };
  const text = unescaped(format).replace(/[\r\n]+$/, '');
  if (/[\r\n]/.test(text)) return { unusable: 'it has several lines.' };
  const stretches: Stretch[] = [];
  const variables = new Set<ReadVariable>();
  for (const parts of stretchesOf(text)) {
    const compiled = compileStretch(parts);
    if ('unusable' in compiled) return compiled;
    // a variable that occurs twice is read at its first place
    stretches.push(compiled.stretch);
    for (const each of compiled.stretch.variables) variables.add(each);
  }
  const missing = missingOf(variables);
  if (missing) return { unusable: missing };
  const slots = stretches.map((stretch) => stretch.variables.map((each) => READ.indexOf(each)));
  const lists = LISTS.filter((each) => variables.has(each));
  const prolonged = new Set(stretches.flatMap((stretch) => stretch.prolonged));
  const certain = lists.find((each) => !prolonged.has(each));
  if (lists.length > 0 && certain === undefined) {
    return {
      unusable: `$${lists[0]} is unquoted before a variable that a user's request can fill with anything.`,
    };
  }
  return { parser: { variables, parse: (line) => parseLine(line, stretches, slots, lists, certain) } };
}

const LISTS = ['upstream_addr', 'upstream_status', 'upstream_response_time'] as const;
type ListVariable = (typeof LISTS)[number];

function parseLine(
  line: string,
  stretches: readonly Stretch[],
  slots: readonly (readonly number[])[],
  lists: readonly ListVariable[],
  certain: ListVariable | undefined,
): LoggedRequest | undefined {
  const values: (string | undefined)[] = [];
  let from = 0;
  for (const [index, stretch] of stretches.entries()) {
    const quote = quoteFrom(line, from);
    const isLast = index === stretches.length - 1;
    // a line has as many quotes as its format; with more or fewer, it is another line or an incomplete one
    if (quote < 0 !== isLast) return undefined;
    const end = isLast ? line.length : quote;
    const matched = stretch.match(line.slice(from, end));
    if (!matched) return undefined;
    for (const [at, slot] of (slots[index] ?? []).entries()) values[slot] ??= matched[at];
    from = end + 1;
  }
  return requestOf(values, lists, certain);
}

/** @returns undefined if the lists do not have one value for each try */
function requestOf(
  values: readonly (string | undefined)[],
  lists: readonly ListVariable[],
  certain: ListVariable | undefined,
): LoggedRequest | undefined {
  const value = (name: ReadVariable) => values[READ.indexOf(name)];
  const tries = certain === undefined ? 0 : triesIn(value(certain) ?? '').length;
  const read = { upstream_addr: NONE, upstream_status: NONE, upstream_response_time: NONE };
  for (const each of lists) {
    // a user's value may have made the list longer, so it is cut to the number of tries
    const list = triesIn(value(each) ?? '');
    if (list.length < tries) return undefined;
    read[each] = list.length > tries ? list.slice(0, tries) : list;
  }
  return {
    status: Number(value('status')),
    ms: msOf(value('request_time'), read.upstream_response_time),
    upstream: value('proxy_upstream_name'),
    alternative: value('proxy_alternative_upstream_name'),
    addresses: read.upstream_addr,
    statuses: read.upstream_status,
    namespace: value('namespace'),
    ingress: value('ingress_name'),
    service: value('service_name'),
  };
}

const NONE: readonly string[] = [];

function msOf(requestTime: string | undefined, responseTimes: readonly string[]): number | undefined {
  const seconds = (requestTime === undefined ? responseTimes : [requestTime])
    .filter((each) => /^\d/.test(each))
    .map(Number);
  return seconds.length === 0 ? undefined : Math.round(seconds.reduce((sum, each) => sum + each, 0) * 1000);
}

/**
 * The next quote that nginx wrote for its format: one in a value is escaped by a backslash (JSON) or has no
 * quote (`\x22`).
 */
function quoteFrom(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = 0;
    while (line.charCodeAt(at - 1 - slashes) === 92) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return -1;
}

/** The text of a format as nginx reads it from its configuration, in which it is in single quotes. */
function unescaped(format: string): string {
  return format.replace(/\\(["'\\])/g, '$1');
}

/** The parts of a format, cut at its quotes. */
function stretchesOf(format: string): Part[][] {
  const stretches: Part[][] = [[]];
  for (const [part] of format.matchAll(/\$\{\w+\}|\$\w+|"|[^$"]+|\$/g)) {
    if (part === '"') stretches.push([]);
    else if (/^\$[\w{]/.test(part)) stretches.at(-1)?.push({ variable: part.replace(/[${}]/g, '') });
    else stretches.at(-1)?.push({ text: part });
  }
  return stretches;
}

/** The reason why a format is not enough for counting; undefined if it is enough. */
function missingOf(has: ReadonlySet<ReadVariable>): string | undefined {
  if (!has.has('status')) return 'it lacks $status, so errors cannot be counted.';
  if (!has.has('proxy_alternative_upstream_name') && !has.has('upstream_addr')) {
    return 'it lacks $proxy_alternative_upstream_name (and $upstream_addr), so canary and stable cannot be told apart.';
  }
  if (!has.has('proxy_upstream_name') && !has.has('service_name') && !has.has('upstream_addr')) {
    return 'it lacks $proxy_upstream_name, so the routes of this service cannot be told from others.';
  }
  return undefined;
}
