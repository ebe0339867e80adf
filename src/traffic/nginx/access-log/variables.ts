/**
 * The variables that are read from a line. All others are skipped, because a line has addresses and paths of
 * users.
 */
export const READ = [
  'status',
  'request_time',
  'proxy_upstream_name',
  'proxy_alternative_upstream_name',
  'upstream_addr',
  'upstream_status',
  'upstream_response_time',
  'namespace',
  'ingress_name',
  'service_name',
] as const;

export type ReadVariable = (typeof READ)[number];

const NUMBER = String.raw`(?:\d+(?:\.\d+)?|-)?`;
const NAME = String.raw`[\w.-]*`;
const ADDRESS = String.raw`[\w.:[\]/-]+`;

/**
 * Builds the pattern of a list, which has a value for each server that was tried. nginx separates two tries
 * by a comma, and by a colon if the request was redirected between them; after a redirect that led to no
 * server, the colon comes last (ngx_http_upstream_module, `$upstream_addr`).
 */
const list = (element: string) => `(?:${element}(?:(?:, | : )${element})*(?: : )?)?`;

const LISTS: Readonly<Record<string, string>> = {
  upstream_addr: list(ADDRESS),
  upstream_status: list(NUMBER),
  upstream_response_time: list(NUMBER),
  upstream_connect_time: list(NUMBER),
  upstream_header_time: list(NUMBER),
  upstream_response_length: list(NUMBER),
  upstream_bytes_received: list(NUMBER),
  upstream_bytes_sent: list(NUMBER),
};

/**
 * Variables whose values come from nginx, so that no user can put a space, a bracket or anything else into
 * them. A missing value is `-`, or empty with JSON escaping.
 */
const PATTERNS: Readonly<Record<string, string>> = {
  ...LISTS,
  status: String.raw`\d{3}`,
  request_time: String.raw`(?:\d+\.\d{3}|-)?`,
  proxy_upstream_name: NAME,
  proxy_alternative_upstream_name: NAME,
  namespace: NAME,
  ingress_name: NAME,
  service_name: NAME,
  service_port: NAME,
  remote_addr: String.raw`(?:[\da-fA-F.:]+|unix:|-)?`,
  the_real_ip: String.raw`(?:[\da-fA-F.:]+|unix:|-)?`,
  time_local: String.raw`\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}`,
  time_iso8601: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[+-]\d\d:\d\d|Z)`,
  msec: String.raw`\d+\.\d{3}`,
  body_bytes_sent: NUMBER,
  bytes_sent: NUMBER,
  request_length: NUMBER,
  connection: NUMBER,
  connection_requests: NUMBER,
  pid: NUMBER,
  remote_port: NUMBER,
  server_port: NUMBER,
  request_id: String.raw`(?:[\da-f]{32}|-)?`,
  scheme: 'https?',
};

/** The pattern of a variable's values; undefined if a user can decide the value. */
export function patternOf(variable: string): string | undefined {
  return Object.hasOwn(PATTERNS, variable) ? PATTERNS[variable] : undefined;
}

/** Whether a variable has one value for each server that was tried. */
export function isList(variable: string): boolean {
  return Object.hasOwn(LISTS, variable);
}

export function isRead(variable: string): variable is ReadVariable {
  return (READ as readonly string[]).includes(variable);
}

/** The values of a list, one for each try. */
export function triesIn(value: string): string[] {
  return value.includes(' ') ? value.replace(/ : $/, '').split(/, | : /) : [value];
}
