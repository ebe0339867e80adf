import { paths } from '../../../e2e/app.ts';
import type { KubeObject, World } from '../../../e2e/world.ts';
import type { SimWorld } from '../../sim/world.ts';

const GROUP = '/apis/gateway.networking.k8s.io/v1/namespaces';
export const routesPath = (namespace: string) => `${GROUP}/${namespace}/httproutes`;

/** A world whose users come by an HTTPRoute wherever a story makes an Ingress. The pods count their requests; a story without users is not refused for that. */
export function byHttpRoute(world: SimWorld): World {
  const { namespace, cluster } = world;
  cluster.store.add('gateways', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'edge', namespace },
    spec: { gatewayClassName: 'example', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
  });
  return {
    ...world,
    step: (settings, build = {}) =>
      world.step({ metrics_port: 8080, unwatched: 'allow', ...settings }, build),
    api: {
      ...world.api,
      create: (path: string, object: KubeObject) =>
        path === paths(namespace).ingresses
          ? world.api.create(routesPath(namespace), routeFor(object))
          : world.api.create(path, object),
    },
  };
}

/** The HTTPRoute that sends as the Ingress does, beside another backend, with things that this program does not know. */
function routeFor({ metadata, spec }: KubeObject): KubeObject {
  const [{ host, http }] = spec.rules;
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: metadata.name, annotations: { 'example.com/note': 'kept' } },
    spec: {
      parentRefs: [{ name: 'edge' }],
      hostnames: [host],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          timeouts: { request: '10s' },
          backendRefs: [{ name: http.paths[0].backend.service.name, port: 80, weight: 3, unknown: { a: 1 } }],
        },
      ],
    },
  };
}
