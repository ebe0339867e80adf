import { type ToldRouter, usersBy } from './scenarios/gateway/told-router.ts';
import type { KubeObject, World } from './world.ts';

/** The name of the plugin, by which a Rollout and the controller's ConfigMap call it. */
export const GATEWAY_PLUGIN = 'argoproj-labs/gatewayAPI';

export const routesPath = (namespace: string) =>
  `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`;

/** An HTTPRoute named `web` that sends to these, a rule each. */
export function routeOf(host: string, rules: readonly KubeObject[][]): KubeObject {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web' },
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: [host],
      rules: rules.map((backendRefs, index) => ({
        matches: [{ path: { type: 'PathPrefix', value: index === 0 ? '/' : `/${index}` } }],
        backendRefs,
      })),
    },
  };
}

/** Names and weights of the backends, by rule; what is not said is the API's own 1. */
export async function weightsOf({ api, namespace }: World): Promise<Record<string, number>[]> {
  const route = await api.get(`${routesPath(namespace)}/web`);
  const rules: KubeObject[] = route?.spec.rules ?? [];
  return rules.map(({ backendRefs = [] }) =>
    Object.fromEntries(backendRefs.map(({ name, weight = 1 }: KubeObject) => [name, weight])),
  );
}

/** A Gateway, by name. */
export interface Edge {
  name: string;
  namespace: string;
}

/** The Gateway of a world that has one, in a namespace of its own, as most clusters have it. */
export const EDGE: Edge = { name: 'edge', namespace: 'edge' };
/** That of Envoy Gateway, which may be there beside the other one. */
export const ENVOY_EDGE: Edge = { name: 'envoy', namespace: 'envoy' };

/** The class and the Gateway that a controller serves. @param more of the Gateway's `spec` */
export function edgeObjects(
  controllerName: string,
  port: number,
  { name, namespace }: Edge = EDGE,
  more: KubeObject = {},
): [path: string, object: KubeObject][] {
  const apiVersion = 'gateway.networking.k8s.io/v1';
  const allowedRoutes = { namespaces: { from: 'All' } };
  return [
    [
      `/apis/${apiVersion}/gatewayclasses`,
      { apiVersion, kind: 'GatewayClass', metadata: { name }, spec: { controllerName } },
    ],
    [
      `/apis/${apiVersion}/namespaces/${namespace}/gateways`,
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name, namespace },
        spec: {
          gatewayClassName: name,
          listeners: [{ name: 'http', port, protocol: 'HTTP', allowedRoutes }],
          ...more,
        },
      },
    ],
  ];
}

/**
 * Users who come by an HTTPRoute wherever a story makes an Ingress. The pods count their requests; a story without users is not refused
 * for that.
 */
export const HTTP_ROUTE = {
  settings: { metrics_port: 8080, unwatched: 'allow' },
  ...httpRouteOf(EDGE),
} as const;

/** Users who come by an HTTPRoute of this Gateway. */
export function httpRouteOf(edge: Edge): Pick<ToldRouter, 'createRoute' | 'own' | 'edit'> {
  return {
    createRoute: ({ api, namespace }, ingress) => api.create(routesPath(namespace), routeFor(ingress, edge)),
    own: ownOf,
    edit: { act: toStable, expected: /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./ },
  };
}

/** A world whose users come by an HTTPRoute. */
export const byHttpRoute = (world: World): World => usersBy(world, HTTP_ROUTE);

/** Somebody gives all users to stable. */
async function toStable({ api, namespace }: World): Promise<void> {
  const path = `${routesPath(namespace)}/web`;
  const [rule] = (await api.get(path))?.spec.rules ?? [];
  const backendRefs = rule.backendRefs.map((ref: { name: string }) => ({
    ...ref,
    weight: ref.name === 'web' ? 100 : 0,
  }));
  await api.patch(path, { spec: { rules: [{ ...rule, backendRefs }] } });
}

/** What is somebody's own in their route, to the letter. */
export async function ownOf({ api, namespace }: World): Promise<unknown> {
  const { metadata, spec } = (await api.get(`${routesPath(namespace)}/web`)) ?? {};
  return { annotations: metadata?.annotations, labels: metadata?.labels, spec };
}

/** The HTTPRoute that sends as the Ingress does. */
function routeFor({ metadata, spec }: KubeObject, edge: Edge): KubeObject {
  const [{ host, http }] = spec.rules;
  const filter = {
    type: 'RequestHeaderModifier',
    requestHeaderModifier: { set: [{ name: 'X-Edge', value: '1' }] },
  };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: metadata.name, annotations: { 'example.com/note': 'kept' } },
    spec: {
      parentRefs: [edge],
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          filters: [filter],
          backendRefs: [{ name: http.paths[0].backend.service.name, port: 80, weight: 3 }],
        },
      ],
    },
  };
}
