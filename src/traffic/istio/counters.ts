import {
  type Counter,
  type Replica,
  replicaOf,
  type Side,
  type StatusClass,
} from '../../analysis/source/counts.ts';
import { readSamples, type Sample } from '../../analysis/source/exposition.ts';
import { boundMs, isGrpcFailure, statusClassOf } from '../../analysis/source/labels.ts';
import type { ServicePair } from '../split.ts';

/** What to count: requests to the split Services, and to their canaries. */
export interface Counted {
  readonly namespace: string;
  readonly services: readonly ServicePair[];
}

// istio.io, reference/config/metrics
const REQUESTS = 'istio_requests_total';
const DURATION = 'istio_request_duration_milliseconds_bucket';
// envoyproxy.io, configuration/upstream/cluster_manager/cluster_stats
const CLUSTER_REQUESTS = 'envoy_cluster_upstream_rq';
const CLUSTER_DURATION = 'envoy_cluster_upstream_rq_time_bucket';

/**
 * The counters of one gateway, from its metrics page: Istio's own, which exist for each Service that had a request; or
 * those of Envoy's clusters if the page has none of Istio's, because Istio's filter for them is switched off. Both tell
 * the canary by its Service. The counters of a Service end with its cluster, and begin again from 0.
 */
export function readGateway(page: string, counted: Counted): Replica {
  const istio = samplesOf(page, [REQUESTS, DURATION], (labels) => serviceOf(labels, counted));
  const samples =
    istio.length > 0
      ? istio
      : samplesOf(page, [CLUSTER_REQUESTS, CLUSTER_DURATION], (labels) => clusterOf(labels, counted));
  return replicaOf(samples.flatMap(counterOf));
}

/**
 * Whether a copy would be counted: those of Envoy's clusters count copies, Istio's own do not, where the copies begin (istio/istio#23496).
 */
export function countsCopies(page: string): boolean {
  return readSamples(page, [REQUESTS]).length === 0 && readSamples(page, [CLUSTER_REQUESTS]).length > 0;
}

/** Whether the gateway knows a split Service, also one that had no request. */
export function knowsService(page: string, counted: Counted): boolean {
  return counted.services.some(({ stable }) =>
    new RegExp(`\\|${stable}\\.${counted.namespace}\\.svc\\.`).test(page),
  );
}

/** A sample, and the Service that it is about. */
interface Attributed {
  sample: Sample;
  side: Side;
  group: string;
}

function samplesOf(
  page: string,
  names: readonly string[],
  attribute: (labels: Sample['labels']) => Omit<Attributed, 'sample'> | undefined,
): Attributed[] {
  return readSamples(page, names).flatMap((sample) => {
    const found = attribute(sample.labels);
    return found ? [{ sample, ...found }] : [];
  });
}

/** A gateway reports as the source of a request; as the destination only a sidecar does. */
function serviceOf(labels: Sample['labels'], { namespace, services }: Counted) {
  if (labels.get('reporter') !== 'source') return undefined;
  if (labels.get('destination_service_namespace') !== namespace) return undefined;
  return sideOf(labels.get('destination_service_name') ?? '', services);
}

/** `outbound|80|SUBSET|web.shop.svc.cluster.local`, which newer versions end with a semicolon. */
function clusterOf(labels: Sample['labels'], { namespace, services }: Counted) {
  const cluster = labels.get('envoy_cluster_name') ?? labels.get('cluster_name') ?? '';
  const [, service = '', of] = /^outbound\|[^|]*\|[^|]*\|([^.|]+)\.([^.|]+)\.svc\./.exec(cluster) ?? [];
  return of === namespace ? sideOf(service, services) : undefined;
}

function sideOf(service: string, services: readonly ServicePair[]) {
  for (const { stable, canary } of services) {
    if (service === stable) return { side: 'stable', group: service } as const;
    if (service === canary) return { side: 'canary', group: service } as const;
  }
  return undefined;
}

function counterOf({ sample: { labels, value }, side, group }: Attributed): Counter[] {
  if (labels.has('le')) {
    const upToMs = boundMs(labels.get('le'), 1);
    return upToMs === undefined ? [] : [{ side, group, upToMs, value }];
  }
  const status = labels.get('response_code') ?? labels.get('envoy_response_code');
  // the series of a class, and of what is not one request each, have no code
  if (status === undefined) return [];
  const statusClass: StatusClass = statusClassOf(status);
  const isFailure = statusClass === '5xx' || isGrpcFailure(labels.get('grpc_response_status'));
  return [{ side, group, statusClass, isFailure, value }];
}
