import type { Ingress } from 'kubernetes-types/networking/v1';
import type { LoggedSide } from '../../pod-log/tally.ts';
import type { LoggedRequest } from './log-format.ts';

/** The routes of one promotion, by the names in the log. */
export interface LoggedRoutes {
  readonly namespace: string;
  /** The main Ingresses; compared only if the format has `$ingress_name`. */
  readonly ingresses: readonly string[];
  /** Compared only if the format has `$service_name` and no `$proxy_upstream_name`. */
  readonly stableServices: readonly string[];
  /**
   * Exact upstream names, from `upstreamsOf`, because a name alone does not show where the Service ends and
   * the port begins.
   */
  readonly stableUpstreams: readonly string[];
  readonly canaryUpstreams: readonly string[];
  /**
   * The side of a pod's IP address at the moment of the call. It is called if the format lacks
   * `$proxy_alternative_upstream_name`, and for requests that a default backend answered instead
   * (`custom-http-errors`).
   */
  sideOfAddress?(address: string): LoggedSide | undefined;
}

/**
 * The upstreams of the Ingresses' backends that send to these Services. The controller names an upstream
 * after namespace, Service, and the port as the Ingress writes it (internal/ingress/controller/util.go,
 * `upstreamName`).
 */
export function upstreamsOf(ingresses: readonly Ingress[], services: readonly string[]): string[] {
  const names = ingresses.flatMap(({ metadata, spec }) => {
    const paths = spec?.rules?.flatMap((rule) => rule.http?.paths ?? []) ?? [];
    const backends = [spec?.defaultBackend, ...paths.map((path) => path.backend)];
    return backends.flatMap((backend) => {
      const { name, port } = backend?.service ?? {};
      if (name === undefined || !services.includes(name)) return [];
      return [`${metadata?.namespace ?? ''}-${name}-${port?.number || port?.name || ''}`];
    });
  });
  return [...new Set(names)];
}

/**
 * Returns a function that tells the side of a request; undefined for other routes, and for other canaries of
 * these routes.
 *
 * All tries of a request go to one side, because the controller chooses the upstream once for a request
 * (balancer.lua, `get_balancer`).
 */
export function sideTeller(routes: LoggedRoutes): (request: LoggedRequest) => LoggedSide | undefined {
  const stable = new Set(routes.stableUpstreams);
  const canary = new Set(routes.canaryUpstreams);
  const { namespace, ingresses, stableServices } = routes;

  function byAddress({ addresses }: LoggedRequest): LoggedSide | undefined {
    for (const each of addresses) {
      const side = routes.sideOfAddress?.(hostOf(each));
      if (side) return side;
    }
    return undefined;
  }

  function isOurs({ upstream, service }: LoggedRequest): boolean | undefined {
    if (upstream !== undefined) return stable.has(upstream);
    return service === undefined ? undefined : stableServices.includes(service);
  }

  return (request) => {
    const { alternative, upstream } = request;
    if (request.namespace !== undefined && request.namespace !== namespace) return undefined;
    if (request.ingress !== undefined && !ingresses.includes(request.ingress)) return undefined;
    if (alternative !== undefined && canary.has(alternative)) return 'canary';
    if (alternative !== undefined && alternative !== '' && alternative !== '-') return undefined;
    const ours = isOurs(request);
    if (alternative === undefined) return ours === false ? undefined : byAddress(request);
    if (ours ?? false) return 'stable';
    // if the line lacks the name of the route, or has that of a default backend, the pod tells the side
    if (ours === undefined || isDefaultBackend(upstream)) return byAddress(request);
    return undefined;
  };
}

function isDefaultBackend(upstream: string | undefined): boolean {
  return (
    upstream === 'upstream-default-backend' || (upstream?.startsWith('custom-default-backend-') ?? false)
  );
}

/** The address without its port; IPv6 addresses have brackets. */
function hostOf(address: string): string {
  const end = address.lastIndexOf(':');
  return (end < 0 ? address : address.slice(0, end)).replace(/^\[|\]$/g, '');
}
