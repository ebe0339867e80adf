import type { Ingress } from 'kubernetes-types/networking/v1';
import { DEFAULT_FORMAT } from './log-format.ts';

/** The format of the access log, or why the log of the controller's pods has none. */
export type LogConfig =
  | { readonly format: string; readonly escape: 'default' | 'json' | 'none' }
  | { readonly off: string };

/** Default paths of the access log. They all lead to the standard output of the controller's container. */
const OWN_OUTPUT = ['/var/log/nginx/access.log', '/dev/stdout', '/proc/1/fd/1'];
/** If nginx buffers lines for longer than this, they arrive too late for the judge. */
const BUFFERED_MS = 1000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const ENABLE_ACCESS_LOG = 'nginx.ingress.kubernetes.io/enable-access-log';

/**
 * Reads the controller's ConfigMap (docs: user-guide/nginx-configuration/configmap).
 * `enable-access-log-for-default-backend` is ignored, because it is about requests that match no Ingress.
 *
 * @param data of the ConfigMap; undefined if there is none, or if it cannot be read; the controller's
 * defaults are assumed then
 * @param named the format of the user's settings, which has precedence
 */
export function logConfigOf(data: Readonly<Record<string, string>> | undefined, named?: string): LogConfig {
  const {
    'access-log-path': everywhere = '',
    'http-access-log-path': path = everywhere,
    'log-format-upstream': format = DEFAULT_FORMAT,
    'access-log-params': params = '',
  } = data ?? {};
  const key = ['disable-access-log', 'disable-http-access-log'].find((each) => isTrue(data?.[each]));
  if (key) return { off: `the controller writes no access log (\`${key}\` in its ConfigMap).` };
  if (isTrue(data?.['enable-syslog'])) {
    return { off: 'the controller sends its access log to syslog (`enable-syslog` in its ConfigMap).' };
  }
  if (path !== '' && !OWN_OUTPUT.includes(path)) {
    return { off: 'the controller writes its access log elsewhere (`access-log-path` in its ConfigMap).' };
  }
  if (isLate(params)) {
    return { off: 'the controller buffers its access log (`access-log-params` in its ConfigMap).' };
  }
  const escaping = isTrue(data?.['log-format-escape-none'])
    ? 'none'
    : isTrue(data?.['log-format-escape-json'])
      ? 'json'
      : 'default';
  return { format: named ?? (format.trim() === '' ? DEFAULT_FORMAT : format), escape: escaping };
}

/** The names of the Ingresses whose access log is switched off. */
export function withoutAccessLog(ingresses: readonly Ingress[]): string[] {
  return ingresses
    .filter(({ metadata }) => isFalse(metadata?.annotations?.[ENABLE_ACCESS_LOG]))
    .map(({ metadata }) => metadata?.name ?? '');
}

/** Whether nginx buffers lines for too long, or compresses them (ngx_http_log_module, `access_log`). */
function isLate(params: string): boolean {
  if (/\bgzip\b/.test(params)) return true;
  if (!/\bbuffer=/.test(params)) return false;
  const [, number = '', unit = 's'] = /\bflush=(\d+)(ms|s|m|h|d)?\b/.exec(params) ?? [];
  return number === '' || Number(number) * (UNIT_MS[unit] ?? 1000) > BUFFERED_MS;
}

// the words of Go's strconv.ParseBool
function isTrue(value: string | undefined): boolean {
  return /^(1|t|T|true|True|TRUE)$/.test(value ?? '');
}

function isFalse(value: string | undefined): boolean {
  return /^(0|f|F|false|False|FALSE)$/.test(value ?? '');
}
