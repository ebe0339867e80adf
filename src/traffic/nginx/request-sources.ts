import type { Ingress } from 'kubernetes-types/networking/v1';
import { atMostEvery, type RequestSource } from '../../analysis/request-source.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses } from '../../cluster/resource.ts';
import type { SourceAccess, TrafficSplit } from '../router.ts';
import { withoutAccessLog } from './access-log/config.ts';
import { openAccessLog } from './access-log/follow.ts';
import { type LoggedRoutes, upstreamsOf } from './access-log/routes.ts';
import { canaryIngress } from './canary-ingress.ts';
import { pollControllers } from './controller-counters.ts';

/** The controller writes its log at once, and a poll of it costs no request. */
const LOG_INTERVAL_MS = 200;
/** The controller updates its counters once a second (measured). */
const COUNTERS_INTERVAL_MS = 1_000;
/** The controller's lag, and the pause until the next read. */
const COUNTERS_LAG_MS = 2 * COUNTERS_INTERVAL_MS;

/** What counts the users of these Ingresses: the controller's access log, then its counters. */
export function requestSources(
  split: TrafficSplit,
  objects: ObjectSource,
  access: SourceAccess,
): RequestSource[] {
  const names = new Set(split.routes.map(({ stable }) => stable));
  const mains = objects.all(ingresses).filter(({ metadata }) => names.has(metadata?.name ?? ''));
  return [accessLog(split, mains, access), counters(split, access)];
}

function accessLog(split: TrafficSplit, mains: readonly Ingress[], access: SourceAccess): RequestSource {
  const { cluster, clock, controllerNamespace, accessLogFormat } = access;
  const name = 'the access log of ingress-nginx';
  const off = withoutAccessLog(mains);
  if (off.length > 0) {
    const unavailable = `Ingress/${off.join(', Ingress/')} writes no access log (annotation enable-access-log: "false").`;
    return {
      name,
      intervalMs: LOG_INTERVAL_MS,
      poll: async () => ({ unavailable }),
      proof: () => undefined,
      stop: () => {},
    };
  }
  const log = openAccessLog(cluster, clock, {
    controllerNamespace,
    routes: routesOf(split, mains),
    ...(accessLogFormat === undefined ? {} : { format: accessLogFormat }),
  });
  return {
    name,
    intervalMs: LOG_INTERVAL_MS,
    poll: async () => log.reading(),
    proof() {
      const requests = log.seen().requests + log.earlierRequests();
      return requests > 0 ? `${requests} requests of other routes, or from before, are in it` : undefined;
    },
    stop: log.stop,
  };
}

/** The routes as the log names them. The canary's upstreams are known before the canary exists. */
function routesOf(split: TrafficSplit, mains: readonly Ingress[]): LoggedRoutes {
  const stableServices = split.services.map(({ stable }) => stable);
  const canaries = mains.map((main) => canaryIngress(main, main.metadata?.name ?? '', split));
  return {
    namespace: split.namespace,
    ingresses: mains.map(({ metadata }) => metadata?.name ?? ''),
    stableServices,
    stableUpstreams: upstreamsOf(mains, stableServices),
    canaryUpstreams: upstreamsOf(
      canaries,
      split.services.map(({ canary }) => canary),
    ),
  };
}

function counters(split: TrafficSplit, access: SourceAccess): RequestSource {
  const { cluster, clock, controllerNamespace } = access;
  const selection = {
    namespace: split.namespace,
    ingresses: split.routes.map(({ stable }) => stable),
    stableServices: split.services.map(({ stable }) => stable),
    canaryServices: split.services.map(({ canary }) => canary),
  };
  const poll = pollControllers(cluster, clock, selection, controllerNamespace);
  let hasAnswered = false;
  return {
    name: 'the counters of ingress-nginx',
    intervalMs: COUNTERS_INTERVAL_MS,
    lagMs: COUNTERS_LAG_MS,
    poll: atMostEvery(
      COUNTERS_INTERVAL_MS,
      async () => {
        const answer = await poll();
        if ('reading' in answer) hasAnswered = true;
        return answer;
      },
      clock,
    ),
    // the controller serves the page only if its collector runs
    proof: () => (hasAnswered ? 'the collector of its controller answers' : undefined),
    stop: () => {},
  };
}
