import type { Replica, Side } from '../../analysis/source/counts.ts';
import type { Sample } from '../../analysis/source/exposition.ts';
import { readRequestCounters } from '../request-counters.ts';

/** What to count: the main Ingresses, the split Services behind them, and the canary Services. */
export interface IngressSelection {
  readonly namespace: string;
  /**
   * Names of the main Ingresses. The controller counts requests to the canary under the name of the main
   * Ingress too.
   */
  readonly ingresses: readonly string[];
  readonly stableServices: readonly string[];
  readonly canaryServices: readonly string[];
}

// k8s.io/ingress-nginx, internal/ingress/metric/collectors/socket.go
const NAMES = {
  requests: 'nginx_ingress_controller_requests',
  status: 'status',
  duration: 'nginx_ingress_controller_request_duration_seconds_bucket',
};

/**
 * The counters of one controller replica, from its metrics page. The label `canary` is the canary's upstream
 * (NAMESPACE-SERVICE-PORT), empty if stable answered (rootfs/etc/nginx/lua/monitor.lua); counters of another
 * canary belong to neither side.
 *
 * The histogram is that of the whole request, as the user saw it; if the controller does not keep it
 * (`--exclude-socket-metrics`), there are no buckets. With `--metrics-per-host` (its default) the controller
 * counts nothing for hosts that no Ingress names, wildcards among them.
 */
export function readController(page: string, split: IngressSelection): Replica {
  return readRequestCounters(page, NAMES, (labels) => {
    const side = sideOf(labels, split);
    return side && { side, group: labels.get('ingress') ?? '' };
  });
}

function sideOf(labels: Sample['labels'], split: IngressSelection): Side | undefined {
  if (labels.get('namespace') !== split.namespace) return undefined;
  if (!split.ingresses.includes(labels.get('ingress') ?? '')) return undefined;
  if (!split.stableServices.includes(labels.get('service') ?? '')) return undefined;
  const canary = labels.get('canary') ?? '';
  // a request that ended before an upstream was chosen has "-" (monitor.lua); it did not reach the canary
  if (canary === '' || canary === '-') return 'stable';
  return split.canaryServices.some((service) => isUpstreamOf(canary, `${split.namespace}-${service}-`))
    ? 'canary'
    : undefined;
}

/**
 * Whether an upstream is a port of the Service that the prefix names. A port is a number, or a name of at
 * most 15 characters.
 */
function isUpstreamOf(upstream: string, prefix: string): boolean {
  return upstream.startsWith(prefix) && /^[a-z0-9-]{1,15}$/.test(upstream.slice(prefix.length));
}
