import {
  compileFormat,
  DEFAULT_FORMAT,
  type LineParser,
} from '../../../../src/traffic/nginx/access-log/log-format.ts';
import type { LoggedRoutes } from '../../../../src/traffic/nginx/access-log/routes.ts';

/** The values of a request's variables, as nginx has them before it escapes them. */
export type Values = Readonly<Record<string, string>>;

/** A request that stable answered. */
export const STABLE: Values = {
  remote_addr: '203.0.113.7',
  remote_user: '-',
  time_local: '28/Nov/2026:12:00:00 +0000',
  time_iso8601: '2026-11-28T12:00:00+00:00',
  request: 'GET /cart?x=1 HTTP/1.1',
  status: '200',
  body_bytes_sent: '512',
  http_referer: '-',
  http_user_agent: 'curl/8.5.0',
  request_length: '80',
  request_time: '0.004',
  proxy_upstream_name: 'shop-web-80',
  proxy_alternative_upstream_name: '',
  upstream_addr: '10.1.0.1:8080',
  upstream_response_length: '512',
  upstream_response_time: '0.003',
  upstream_status: '200',
  req_id: '6f2c5c1f9a0e4a5bb0a7e1d2c3b4a596',
};

export const CANARY: Values = {
  ...STABLE,
  proxy_alternative_upstream_name: 'shop-web-canary-80',
  upstream_addr: '10.1.0.9:8080',
};

export const ROUTES: LoggedRoutes = {
  namespace: 'shop',
  ingresses: ['web'],
  stableServices: ['web'],
  stableUpstreams: ['shop-web-80'],
  canaryUpstreams: ['shop-web-canary-80'],
};

/**
 * Renders a line as nginx does: default escaping writes `\xXX` for quotes, backslashes and what is not
 * printable.
 */
export function render(format: string, values: Values, escaping: 'default' | 'json' = 'default'): string {
  return format.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
    const value = values[braced ?? bare ?? ''];
    if (value === undefined) return escaping === 'json' ? '' : '-';
    return escaping === 'json' ? jsonEscaped(value) : escaped(value);
  });
}

export function line(values: Values): string {
  return render(DEFAULT_FORMAT, values);
}

/** The parser of a format that is usable. */
export function parserOf(
  format: string = DEFAULT_FORMAT,
  escaping: 'default' | 'json' = 'default',
): LineParser {
  const compiled = compileFormat(format, escaping);
  if ('unusable' in compiled) throw new Error(compiled.unusable);
  return compiled.parser;
}

function escaped(value: string): string {
  return [...Buffer.from(value)]
    .map((byte) => {
      const isPlain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
      return isPlain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

function jsonEscaped(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
