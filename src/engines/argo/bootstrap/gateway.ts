import type { ConfigMap } from 'kubernetes-types/core/v1';
import { parse } from 'yaml';
import { isStatus, orForbidden } from '../../../cluster/api-error.ts';
import type { Cluster } from '../../../cluster/client.ts';
import { configMaps, nameOf, resource } from '../../../cluster/resource.ts';
import { PromoteError } from '../../../errors.ts';
import { routeFaults } from '../../../traffic/gateway-api/argo-plugin.ts';
import {
  grpcRoutes,
  httpRoutes,
  type Routed,
  referenceGrants,
  routeSendsTo,
} from '../../../traffic/gateway-api/routes.ts';
import type { ServicePair } from '../../../traffic/split.ts';
import { CONTROLLER_CONFIG, GATEWAY_PLUGIN, type GatewayPlugin } from '../rollout/gateway-types.ts';

const { namespace: CONTROLLER_NAMESPACE, name: CONFIG } = CONTROLLER_CONFIG;
const configMapsAnywhere = resource<ConfigMap>('v1', 'configmaps', 'ConfigMap', false);

/** The Gateway API routes of a namespace. */
export interface GatewayRoutes {
  routes: Routed[];
  /** Warnings for the user, about any Service. */
  notes: string[];
}

/** Lists the routes. If the cluster does not have Gateway API, this takes one request. */
export async function readGateway(cluster: Cluster): Promise<GatewayRoutes> {
  const http = await listed(cluster, httpRoutes);
  if (http === 'forbidden') {
    const note =
      'The credentials may not list HTTPRoutes, so the step does not know whether a Gateway leads to the Service. `drone-promote rbac --bootstrap true` prints the right.';
    return { routes: [], notes: [note] };
  }
  if (http === 'unknown') return { routes: [], notes: [] };
  const [grpc, grants] = await Promise.all([listed(cluster, grpcRoutes), listed(cluster, referenceGrants)]);
  const list = <T>(found: T[] | string): T[] => (typeof found === 'string' ? [] : found);
  const elsewhere = list(grants).flatMap(({ spec }) =>
    spec?.to?.some(({ kind }) => kind === 'Service') ? (spec.from ?? []) : [],
  );
  const namespaces = new Set(
    elsewhere.filter(({ kind }) => kind?.endsWith('Route')).map(({ namespace }) => namespace),
  );
  return {
    routes: [
      ...list(http).map((route) => ({ resource: httpRoutes, route })),
      ...list(grpc).map((route) => ({ resource: grpcRoutes, route })),
    ],
    notes: [...namespaces].map(
      (namespace) =>
        `A ReferenceGrant lets routes of namespace ${namespace} send to Services here. This step does not look at those routes, and their users stay on the stable release until the end of a promotion.`,
    ),
  };
}

async function listed<T extends object>(
  cluster: Cluster,
  of: Parameters<typeof cluster.list<T>>[0],
): Promise<T[] | 'forbidden' | 'unknown'> {
  try {
    return (await cluster.list(of)).items;
  } catch (error) {
    if (isStatus(error, 403)) return 'forbidden';
    if (isStatus(error, 404)) return 'unknown';
    throw error;
  }
}

/**
 * The routes that send to the Service of a pair.
 *
 * @throws PromoteError `gateway-route` that names every rule that cannot be split
 */
export function routesTo(pair: ServicePair, { routes }: GatewayRoutes): Routed[] {
  const found = routes.filter(({ route }) => routeSendsTo(route, pair.stable));
  const faults = found.flatMap((each) => routeFaults(each, pair));
  if (faults.length === 0) return found;
  throw new PromoteError('gateway-route', faults.join('\n'), {
    hint: `Give Service/${pair.stable} a rule of its own. In a GRPCRoute, a weight of 100 among other backends is possible too.`,
  });
}

/** The plugin's part of the Rollout. Every version of the plugin knows the older field, for one name. */
export function pluginConfig(routes: readonly Routed[], namespace = ''): GatewayPlugin {
  const namesOf = (kind: string) =>
    routes.filter(({ resource: of }) => of.kind === kind).map(({ route }) => route.metadata?.name ?? '');
  const [http, grpc] = [namesOf('HTTPRoute'), namesOf('GRPCRoute')];
  const [oneHttp, oneGrpc] = [http[0], grpc[0]];
  return {
    ...(http.length === 1 && oneHttp ? { httpRoute: oneHttp } : {}),
    ...(http.length > 1 ? { httpRoutes: http.map((name) => ({ name })) } : {}),
    ...(grpc.length === 1 && oneGrpc ? { grpcRoute: oneGrpc } : {}),
    ...(grpc.length > 1 ? { grpcRoutes: grpc.map((name) => ({ name })) } : {}),
    namespace,
  };
}

/**
 * Checks that the controller has the plugin that writes the weights into routes.
 *
 * @returns warnings, if the credentials may not read the ConfigMap
 * @throws PromoteError `gateway-plugin` if it does not
 */
export async function checkPlugin(cluster: Cluster, routes: readonly Routed[]): Promise<string[]> {
  const found = await readConfig(cluster);
  if (found === undefined) {
    return [
      `The credentials may not read ConfigMap/${CONFIG} of the controller's namespace, so the step assumes that the plugin ${GATEWAY_PLUGIN} is installed.`,
    ];
  }
  if (found.some(namesPlugin)) return [];
  const names = routes.map(({ resource: of, route }) => nameOf(of, route)).join(', ');
  const which = found.length > 0 ? `does not name ${GATEWAY_PLUGIN}` : 'does not exist';
  throw new PromoteError(
    'gateway-plugin',
    `${names} leads to the Service, but the controller of Argo Rollouts has no plugin that splits it. ConfigMap/${CONFIG} in namespace ${CONTROLLER_NAMESPACE} ${which}.`,
    { hint: INSTALL },
  );
}

/**
 * The controller's settings; undefined if the credentials may not read them. Looks in the usual namespace
 * first, then in all, if the credentials may.
 */
async function readConfig(cluster: Cluster): Promise<ConfigMap[] | undefined> {
  const selection = { fieldSelector: `metadata.name=${CONFIG}` };
  const usual = await orForbidden(cluster.list(configMaps, selection, { namespace: CONTROLLER_NAMESPACE }));
  if (usual === undefined || usual.items.length > 0) return usual?.items;
  return (await orForbidden(cluster.list(configMapsAnywhere, selection)))?.items ?? [];
}

function namesPlugin({ data }: ConfigMap): boolean {
  try {
    const plugins: unknown = parse(data?.trafficRouterPlugins ?? '');
    return Array.isArray(plugins) && plugins.some((each) => each?.name === GATEWAY_PLUGIN);
  } catch {
    return false;
  }
}

const LOCATION =
  'https://github.com/argoproj-labs/rollouts-plugin-trafficrouter-gatewayapi/releases/download/VERSION/gatewayapi-plugin-linux-amd64';
const INSTALL = `Add the plugin to the ConfigMap, with its VERSION, and restart the controller (kubectl -n ${CONTROLLER_NAMESPACE} rollout restart deployment argo-rollouts):
apiVersion: v1
kind: ConfigMap
metadata: { name: ${CONFIG}, namespace: ${CONTROLLER_NAMESPACE} }
data:
  trafficRouterPlugins: |-
    - name: ${GATEWAY_PLUGIN}
      location: ${LOCATION}
or, in the values of the Helm chart:
controller:
  trafficRouterPlugins:
    - name: ${GATEWAY_PLUGIN}
      location: ${LOCATION}
The controller's service account needs get, list, update and patch of httproutes and grpcroutes (gateway.networking.k8s.io).`;
