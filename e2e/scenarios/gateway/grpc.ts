import { paths } from '../../app.ts';
import { EDGE, routesPath } from '../../gateway.ts';
import { GRPC_PORT } from '../../lab/node/grpc-server.ts';
import type { Scenario } from '../../scenario.ts';
import { OF_TRAEFIK } from '../../traefik.ts';
import type { KubeObject, World } from '../../world.ts';
import { storiesOf } from './stories.ts';
import type { ToldRouter } from './told-router.ts';

/** The stories of a router that are told of gRPC, too. */
const TOLD = /a good release is promoted|fails half of its requests/;

const grpcPath = (namespace: string) => routesPath(namespace).replace(/httproutes$/, 'grpcroutes');

/** Users who call by a GRPCRoute of Traefik. Nothing but its counters judges, which have the status of gRPC. */
const GRPC_ROUTE: ToldRouter = {
  name: 'by a GRPCRoute of Traefik',
  needs: ['traefik'],
  by: 'traefik',
  settings: OF_TRAEFIK,
  tolerated: { bad: { failed: 8, ms: 5_000 }, late: { failed: 40, ms: 5_000 } },
  createRoute: ({ api, namespace }, { metadata, spec }) =>
    api.create(grpcPath(namespace), {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GRPCRoute',
      metadata: { name: metadata.name },
      spec: {
        parentRefs: [EDGE],
        hostnames: [spec.rules[0].host],
        rules: [{ backendRefs: [{ name: 'web', port: 80, weight: 3 }] }],
      },
    }),
  async own({ api, namespace }) {
    const { metadata, spec } = (await api.get(`${grpcPath(namespace)}/web`)) ?? {};
    return { annotations: metadata?.annotations, spec };
  },
  edit: { act: async () => {}, expected: /./ },
};

/** A world whose app speaks gRPC on a port of its own, to which its Service leads. */
function overGrpc(world: World): World {
  const { deployments, services } = paths(world.namespace);
  const change: Record<string, (object: KubeObject) => void> = {
    [deployments]: ({ spec }) => {
      spec.template.spec.containers[0].ports.push({ name: 'grpc', containerPort: GRPC_PORT });
    },
    [services]: ({ spec }) => {
      spec.ports = [{ name: 'grpc', port: 80, targetPort: GRPC_PORT, appProtocol: 'kubernetes.io/h2c' }];
    },
  };
  return {
    ...world,
    load: (options = {}) => world.load({ ...options, kind: 'grpc' }),
    api: {
      ...world.api,
      create(path, object) {
        const copy = structuredClone(object);
        change[path]?.(copy);
        return world.api.create(path, copy);
      },
    },
  };
}

export const scenarios: Scenario[] = storiesOf(GRPC_ROUTE, { sample: [] })
  .filter(({ name }) => TOLD.test(name))
  .map((each) => ({ ...each, run: (world) => each.run(overGrpc(world)) }));
