import type { Answered } from '../../pod-log/tally.ts';

/** A request in the log of a proxy. */
export interface ProxyRequest extends Answered {
  /** `httproute/NAMESPACE/NAME/rule/…`: the route that it took. */
  readonly route: string;
  /** The address of the pod that answered; undefined if the proxy answered by itself. */
  readonly address: string | undefined;
}

/**
 * Reads a line of the access log that Envoy Gateway configures by default, a JSON object. Only the fields that count are read: the line
 * has addresses and paths of users, too.
 *
 * @returns undefined for other lines, and for formats without these fields
 */
export function readProxyLine(text: string): ProxyRequest | undefined {
  if (!text.startsWith('{')) return undefined;
  const fields = parsed(text);
  if (!fields) return undefined;
  const { route_name: route, response_code: code, duration: ms, upstream_host: upstream } = fields;
  const isWhole = 'route_name' in fields && 'upstream_host' in fields;
  const status = Number(code);
  if (!isWhole || !Number.isInteger(status)) return undefined;
  return {
    route: typeof route === 'string' ? route : '',
    address: typeof upstream === 'string' ? hostOf(upstream) : undefined,
    status,
    statuses: [String(status)],
    ms: typeof ms === 'number' ? ms : undefined,
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The address without its port; IPv6 addresses have brackets. `-` is none. */
function hostOf(upstream: string): string | undefined {
  const end = upstream.lastIndexOf(':');
  return end < 0 ? undefined : upstream.slice(0, end).replace(/^\[|\]$/g, '');
}
