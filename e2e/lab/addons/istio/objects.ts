import { EDGE } from '../../../istio.ts';
import { NODE } from '../../ingress-nginx/controller.ts';
import type { NodeApi } from '../../node/api.ts';
import { ISTIO } from '../../users-address.ts';
import { apply } from '../crds.ts';
import { STATS_PORT } from './bootstrap.ts';

export const NAMESPACE = 'istio-system';
export const POD = 'istio-ingressgateway';
export const LABELS = { app: 'istio-ingressgateway', istio: 'ingressgateway' };
/** Where istiod tells its proxies what to do, without TLS. */
export const XDS = { address: '10.0.0.5', port: 15_010 } as const;

/** HTTP filters of Istio's own Envoy, which the plain one lacks. With `istio.stats`, `istio_requests_total` goes. */
const OWN_FILTERS = ['istio.metadata_exchange', 'istio.alpn', 'istio.stats'];

const apiVersion = 'networking.istio.io/v1';
const at = `/apis/${apiVersion}/namespaces/${NAMESPACE}`;

/** The Gateway, the pod that serves it, and what makes istiod do without its own filters. */
export async function createObjects(api: NodeApi): Promise<void> {
  const [, gateway = ''] = EDGE.split('/');
  // this kind has no other version
  await apply(api, `${at.replace('/v1/', '/v1alpha3/')}/envoyfilters/plain-envoy`, {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    metadata: { name: 'plain-envoy', namespace: NAMESPACE },
    spec: {
      configPatches: OWN_FILTERS.map((name) => ({
        applyTo: 'HTTP_FILTER',
        match: {
          context: 'ANY',
          listener: {
            filterChain: {
              filter: {
                name: 'envoy.filters.network.http_connection_manager',
                subFilter: { name },
              },
            },
          },
        },
        patch: { operation: 'REMOVE' },
      })),
    },
  });
  await apply(api, `${at}/gateways/${gateway}`, {
    apiVersion,
    kind: 'Gateway',
    metadata: { name: gateway, namespace: NAMESPACE },
    spec: {
      selector: LABELS,
      servers: [
        {
          hosts: ['*'],
          bind: ISTIO.address,
          port: { number: ISTIO.port, name: 'http', protocol: 'HTTP' },
        },
      ],
    },
  });
  await createPod(api);
}

/** As the chart makes it, but for the port: Envoy's own, because there is no agent. */
async function createPod(api: NodeApi): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods/${POD}`;
  await apply(api, path, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: POD,
      namespace: NAMESPACE,
      labels: LABELS,
      annotations: {
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': String(STATS_PORT),
        'prometheus.io/path': '/stats/prometheus',
      },
    },
    spec: { nodeName: NODE, containers: [{ name: 'istio-proxy', image: 'docker.io/istio/proxyv2' }] },
  });
  await api.call('PATCH', `${path}/status`, {
    status: {
      phase: 'Running',
      podIP: ISTIO.address,
      podIPs: [{ ip: ISTIO.address }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });
}
