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
