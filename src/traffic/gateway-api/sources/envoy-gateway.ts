import type { Pod } from 'kubernetes-types/core/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import { atMostEvery, type RequestSource } from '../../../analysis/request-source.ts';
import { isStatus } from '../../../cluster/api-error.ts';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import { endpointSlices, objectName, pods } from '../../../cluster/resource.ts';
import { type Found, openPodLogs } from '../../pod-log/follow-pods.ts';
import type { SourceAccess } from '../../router.ts';
import type { TrafficSplit } from '../../split.ts';
import { httpRoutes, type Routed, routeName } from '../routes.ts';
import { testersName } from '../testers.ts';
import { createProxyCounter, type ProxyCounter } from './proxy-counter.ts';
import {
  envoyGatewaysOf,
  flushMsOf,
  type GatewayName,
  logOf,
  PROXY_LABELS,
  PROXY_NAMESPACE,
  proxiesOf,
} from './proxy-pods.ts';
import { createSides } from './sides.ts';

const NAME = "the access log of Envoy Gateway's proxies";
const INTERVAL_MS = 200;
/** From the proxy's write until the line is here. */
const DELIVERY_MS = 500;
/** Before anything is known of the proxies: Envoy's default. */
const FLUSH_MS = 10_000;
/** Where the addresses of pods are not watched, they are listed so often. */
const LIST_AGAIN_MS = 2_000;

/**
 * The access log of Envoy Gateway's proxies as a source. Their counters cannot tell canary from stable, because a rule is one cluster of
 * Envoy; a line of the log has the address of the pod. Empty if Envoy Gateway serves none of the routes, or if one of them is a GRPCRoute:
 * the log has no status of gRPC.
 */
export function envoyGatewaySources(
  split: TrafficSplit,
  objects: ObjectSource,
  access: SourceAccess,
): RequestSource[] {
  const names = split.routes.map(({ stable }) => stable);
  const routes = objects
    .all(httpRoutes)
    .map((route): Routed => ({ resource: httpRoutes, route }))
    .filter((each) => names.includes(routeName(each)));
  const gateways = routes.flatMap(envoyGatewaysOf);
  if (gateways.length === 0 || routes.length < names.length) return [];
  return [openProxyLog(split, routes, gateways, objects, access)];
}

function openProxyLog(
  split: TrafficSplit,
  routes: readonly Routed[],
  gateways: readonly GatewayName[],
  objects: ObjectSource,
  { cluster, clock }: SourceAccess,
): RequestSource {
  const sides = createSides(split.services);
  const prefixes = prefixesOf(split, routes);
  let flushMs = FLUSH_MS;
  let counter: ProxyCounter | undefined;

  const logs = openPodLogs(cluster, clock, {
    async find(signal, onRate): Promise<Found<ProxyCounter>> {
      const found = await listProxies(signal);
      if ('unavailable' in found) return found;
      flushMs = Math.max(...found.proxies.map(flushMsOf));
      counter ??= createProxyCounter({
        isOurs: (route) => prefixes.some((prefix) => route.startsWith(prefix)),
        sideOf: sides.of,
        mostMs: () => flushMs + DELIVERY_MS,
        clock,
        onRate,
      });
      return { logs: found.proxies.map(logOf), counter };
    },
  });

  /** In the usual namespace, or in those of the Gateways. */
  async function listProxies(signal: AbortSignal): Promise<{ proxies: Pod[] } | { unavailable: string }> {
    const places = [...new Set([PROXY_NAMESPACE, ...gateways.map(({ namespace }) => namespace)])];
    const denied: string[] = [];
    for (const namespace of places) {
      try {
        const { items } = await cluster.list(pods, { labelSelector: PROXY_LABELS }, { namespace, signal });
        const proxies = proxiesOf(items, gateways);
        if (proxies.length > 0) return { proxies };
      } catch (error) {
        if (!isStatus(error, 403)) throw error;
        denied.push(namespace);
      }
    }
    const wanted = gateways.map(({ namespace, name }) => `Gateway ${namespace}/${name}`).join(', ');
    return {
      unavailable:
        denied.length > 0
          ? `the credentials may not \`list\` pods in namespace ${denied.join(', ')}, where the proxies of ${wanted} may be.`
          : `no proxy of ${wanted} runs in namespace ${places.join(', ')}.`,
    };
  }

  const listed = atMostEveryList();
  /** The watched endpoints; before there is a watch, those of a list. */
  async function takeEndpoints(): Promise<void> {
    const watched = objects.all(endpointSlices);
    sides.take(watched.length > 0 ? watched : await listed());
  }

  function atMostEveryList(): () => Promise<readonly EndpointSlice[]> {
    const services = split.services.flatMap(({ stable, canary }) => [stable, canary]);
    const labelSelector = `kubernetes.io/service-name in (${services.join(',')})`;
    let last: { at: number; answer: Promise<readonly EndpointSlice[]> } | undefined;
    return () => {
      const now = clock.monotonic();
      if (!last || now - last.at >= LIST_AGAIN_MS) {
        const answer = cluster.list(endpointSlices, { labelSelector }).then(({ items }) => items);
        last = { at: now, answer };
      }
      return last.answer;
    };
  }

  return {
    name: NAME,
    intervalMs: INTERVAL_MS,
    late: () => counter?.late() ?? { nowMs: FLUSH_MS + DELIVERY_MS, mostMs: FLUSH_MS + DELIVERY_MS },
    poll: atMostEvery(
      INTERVAL_MS,
      async () => {
        try {
          await takeEndpoints();
        } catch (error) {
          return { unavailable: `the addresses of the pods cannot be read: ${String(error)}` };
        }
        counter?.settle();
        return logs.reading();
      },
      clock,
    ),
    proof() {
      const requests = logs.earlierRequests();
      return requests > 0 ? `${requests} requests of other routes, or from before, are in it` : undefined;
    },
    stop: logs.stop,
  };
}

/** How the log names the rules of the users' routes and of the testers'. */
function prefixesOf({ namespace, workload }: TrafficSplit, routes: readonly Routed[]): string[] {
  return routes
    .flatMap(({ route }) => [objectName(route), testersName(route, workload)])
    .map((name) => `httproute/${namespace}/${name}/rule/`);
}
