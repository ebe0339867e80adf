import { type Counter, type Replica, replicaOf, type Side } from '../../analysis/source/counts.ts';
import { readSamples, type Sample } from '../../analysis/source/exposition.ts';
import { boundMs, statusClassOf } from '../../analysis/source/labels.ts';

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
const REQUESTS = 'nginx_ingress_controller_requests';
const DURATION = 'nginx_ingress_controller_request_duration_seconds_bucket';
const STARTED = 'process_start_time_seconds';

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
  const counters: Counter[] = [];
  let startedAt: number | undefined;
  for (const { name, labels, value } of readSamples(page, [REQUESTS, DURATION, STARTED])) {
    if (name === STARTED) {
      startedAt = value;
      continue;
    }
    const side = sideOf(labels, split);
    if (!side) continue;
    const group = labels.get('ingress') ?? '';
    if (name === REQUESTS) {
      const statusClass = statusClassOf(labels.get('status') ?? '');
      counters.push({ side, group, statusClass, isFailure: statusClass === '5xx', value });
    } else {
      const upToMs = boundMs(labels.get('le'), 1000);
      if (upToMs !== undefined) counters.push({ side, group, upToMs, value });
    }
  }
  return replicaOf(counters, startedAt);
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
