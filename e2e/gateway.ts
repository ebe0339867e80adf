import { type ToldRouter, usersBy } from './told-router.ts';
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

/** The Gateway of a world that has one, in a namespace of its own, as most clusters have it. */
const EDGE = { name: 'edge', namespace: 'edge' } as const;

/** The class and the Gateway that a controller serves. */
export function edgeObjects(controllerName: string, port: number): [path: string, object: KubeObject][] {
  const apiVersion = 'gateway.networking.k8s.io/v1';
  return [
    [
      `/apis/${apiVersion}/gatewayclasses`,
      { apiVersion, kind: 'GatewayClass', metadata: { name: EDGE.name }, spec: { controllerName } },
    ],
    [
      `/apis/${apiVersion}/namespaces/${EDGE.namespace}/gateways`,
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { ...EDGE },
        spec: {
          gatewayClassName: EDGE.name,
          listeners: [
            { name: 'http', port, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } },
          ],
        },
      },
    ],
  ];
}

/**
 * Users who come by an HTTPRoute wherever a story makes an Ingress. The pods count their requests; a story without users is not refused
 * for that.
 */
export const HTTP_ROUTE: Pick<ToldRouter, 'createRoute' | 'settings' | 'own' | 'edit'> = {
  settings: { metrics_port: 8080, unwatched: 'allow' },
  createRoute: ({ api, namespace }, ingress) => api.create(routesPath(namespace), routeFor(ingress)),
  own: ownOf,
  edit: { act: toStable, expected: /ABORTED +Somebody changed the canary's weight from 50 % to 0 %\./ },
};

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
function routeFor({ metadata, spec }: KubeObject): KubeObject {
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
      parentRefs: [EDGE],
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
