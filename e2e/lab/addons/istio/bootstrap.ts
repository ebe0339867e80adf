import { ISTIO } from '../../users-address.ts';
import { LABELS, NAMESPACE, POD, XDS } from './objects.ts';

/** Envoy's own pages. */
export const ADMIN = { address: ISTIO.address, port: 15_000 } as const;
/** Where a gateway shows its counters. */
export const STATS_PORT = 15_090;

const DOMAIN = `${NAMESPACE}.svc.cluster.local`;

/** What Istio's agent would write for its proxy: who the gateway is, where istiod is, and a listener for the counters. */
export function bootstrap(): object {
  const address = (port: number, host: string) => ({
    address: { socket_address: { address: host, port_value: port } },
  });
  const stats = {
    name: 'stats',
    ...address(STATS_PORT, ISTIO.address),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              stat_prefix: 'stats',
              route_config: {
                virtual_hosts: [
                  {
                    name: 'stats',
                    domains: ['*'],
                    routes: [{ match: { prefix: '/stats/prometheus' }, route: { cluster: 'admin' } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  };
  return {
    node: {
      id: `router~${ISTIO.address}~${POD}.${NAMESPACE}~${DOMAIN}`,
      cluster: `${POD}.${NAMESPACE}`,
      metadata: {
        NAMESPACE,
        NAME: POD,
        LABELS,
        CLUSTER_ID: 'Kubernetes',
        ISTIO_VERSION: '1.28.0',
        INSTANCE_IPS: ISTIO.address,
        SERVICE_ACCOUNT: 'default',
      },
    },
    // those of Istio's own bootstrap: the names of its clusters end with a semicolon
    stats_config: {
      use_all_default_tags: false,
      stats_tags: [
        { tag_name: 'cluster_name', regex: '^cluster(\\.(.+);)' },
        { tag_name: 'response_code', regex: '_rq(_(\\d{3}))$' },
        { tag_name: 'response_code_class', regex: '_rq(_(\\dxx))$' },
      ],
    },
    admin: address(ADMIN.port, ADMIN.address),
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds' } }],
      },
      cds_config: { ads: {}, resource_api_version: 'V3' },
      lds_config: { ads: {}, resource_api_version: 'V3' },
    },
    static_resources: {
      clusters: [
        clusterOf('xds', XDS.port, XDS.address, true),
        clusterOf('admin', ADMIN.port, ADMIN.address, false),
      ],
      listeners: [stats],
    },
  };
}

function clusterOf(name: string, port: number, host: string, isHttp2: boolean): object {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [
        {
          lb_endpoints: [{ endpoint: { address: { socket_address: { address: host, port_value: port } } } }],
        },
      ],
    },
    ...(isHttp2
      ? {
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
        }
      : {}),
  };
}
