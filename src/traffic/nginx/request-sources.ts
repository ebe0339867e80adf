import type { Ingress } from 'kubernetes-types/networking/v1';
import { atMostEvery, type RequestSource } from '../../analysis/request-source.ts';
import type { ObjectSource } from '../../cluster/object-source.ts';
import { ingresses } from '../../cluster/resource.ts';
import type { SourceAccess } from '../router.ts';
import type { TrafficSplit } from '../split.ts';
import { annotatedServices } from '../traefik/counters/annotated-services.ts';
import { traefikCounters } from '../traefik/counters/source.ts';
import { withoutAccessLog } from './access-log/config.ts';
import { openAccessLog } from './access-log/follow.ts';
import { type LoggedRoutes, upstreamsOf } from './access-log/routes.ts';
import { canaryIngress } from './canary-ingress.ts';
import { pollControllers } from './controller-counters.ts';
import { withPrefixSwapped } from './controllers.ts';

/** The controller writes its log at once, and a poll of it costs no request. */
const LOG_INTERVAL_MS = 200;
/** The controller updates its counters once a second (measured). */
const COUNTERS_INTERVAL_MS = 1_000;
/** The controller's lag, and the pause until the next read. */
const COUNTERS_LAG_MS = 2 * COUNTERS_INTERVAL_MS;

/**
 * What counts the users of these Ingresses: the controller's access log, then its counters, then those of a
 * Traefik that follows the annotations of ingress-nginx.
 */
export function requestSources(
  split: TrafficSplit,
  objects: ObjectSource,
  access: SourceAccess,
): RequestSource[] {
  const all = objects.all(ingresses);
  const named = split.routes.map(({ stable, prefix }) => {
    const main = all.find((each) => each.metadata?.name === stable);
    return [stable, main && withPrefixSwapped(main, prefix)] as const;
  });
  const unread = named.filter(([, main]) => main === undefined).map(([name]) => name);
  // without the backends of an Ingress, its lines cannot be told from those of other routes
  const log =
    unread.length > 0
      ? unusableLog(
          `Ingress/${unread.join(', Ingress/')} does not exist, or the credentials may not \`list\` ingresses.`,
        )
      : accessLog(
          split,
          named.flatMap(([, main]) => main ?? []),
          access,
        );
  const ofTraefik = traefikCounters(annotatedServices(split, all), access);
  return [log, counters(split, access), { ...ofTraefik, isRare: true }];
}

const LOG_NAME = 'the access log of ingress-nginx';

/** The access log as a source that cannot count. */
function unusableLog(unavailable: string): RequestSource {
  return {
    name: LOG_NAME,
    intervalMs: LOG_INTERVAL_MS,
    poll: async () => ({ unavailable }),
    proof: () => undefined,
    stop: () => {},
  };
}

function accessLog(split: TrafficSplit, mains: readonly Ingress[], access: SourceAccess): RequestSource {
  const { cluster, clock, controllerNamespace, accessLogFormat } = access;
  const off = withoutAccessLog(mains);
  if (off.length > 0) {
    return unusableLog(
      `Ingress/${off.join(', Ingress/')} writes no access log (annotation enable-access-log: "false").`,
    );
  }
  const log = openAccessLog(cluster, clock, {
    controllerNamespace,
    routes: routesOf(split, mains),
    ...(accessLogFormat === undefined ? {} : { format: accessLogFormat }),
  });
  return {
    name: LOG_NAME,
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
