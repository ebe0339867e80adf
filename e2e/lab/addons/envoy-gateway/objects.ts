import { ENVOY_EDGE, edgeObjects } from '../../../gateway.ts';
import type { KubeObject } from '../../../world.ts';

/** Where the controller and its proxies are. */
export const NAMESPACE = 'envoy-gateway-system';
/** The node of the proxy's pod. The lab's own node leaves this pod alone. */
export const NODE = 'envoy-node';
/** The controller's end of the pair that joins its network to that of the lab, and the lab's. */
export const CONTROLLER = '10.0.1.2';
export const LAB_END = '10.0.1.1';

/** The settings of the controller: its defaults, but for what needs a second replica or a webhook. */
export const CONTROLLER_SETTINGS = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyGateway',
  gateway: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
  provider: {
    type: 'Kubernetes',
    kubernetes: { leaderElection: { disable: true }, proxyTopologyInjector: { disabled: true } },
  },
} as const;

const PROXY = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyProxy',
  metadata: { ...ENVOY_EDGE },
  spec: {
    provider: {
      type: 'Kubernetes',
      kubernetes: {
        // an address without a load balancer
        envoyService: { type: 'ClusterIP' },
        envoyDeployment: {
          patch: {
            type: 'StrategicMerge',
            value: { spec: { template: { spec: { nodeName: NODE } } } },
          },
        },
      },
    },
  },
} as const;

const namespace = (name: string): [string, KubeObject] => [
  `/api/v1/namespaces/${name}`,
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
];

/** What is there before the controller starts, each at its path. */
export const OBJECTS: readonly [path: string, object: KubeObject][] = [
  namespace(NAMESPACE),
  namespace(ENVOY_EDGE.namespace),
  [
    `/apis/gateway.envoyproxy.io/v1alpha1/namespaces/${ENVOY_EDGE.namespace}/envoyproxies/${ENVOY_EDGE.name}`,
    PROXY,
  ],
  ...edgeObjects(CONTROLLER_SETTINGS.gateway.controllerName, 80, ENVOY_EDGE, {
    infrastructure: {
      parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: ENVOY_EDGE.name },
    },
  }).map(([path, object]): [string, KubeObject] => [`${path}/${ENVOY_EDGE.name}`, object]),
];
