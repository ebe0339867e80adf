import type { Ingress } from 'kubernetes-types/networking/v1';
import type { LoggedRequest } from './log-format.ts';

/** The sides that the log tells apart. */
export type LoggedSide = 'stable' | 'canary';

/** The routes of one promotion, as the log names them. */
export interface LoggedRoutes {
  readonly namespace: string;
  /** The main Ingresses; compared only if the format has `$ingress_name`. */
  readonly ingresses: readonly string[];
  /** Compared only if the format has `$service_name` and no `$proxy_upstream_name`. */
  readonly stableServices: readonly string[];
  /** Exact upstream names, from `upstreamsOf`: of a name alone, Service and port cannot be told apart. */
  readonly stableUpstreams: readonly string[];
  readonly canaryUpstreams: readonly string[];
  /**
   * The side of a pod's IP address, read each time. It is asked if the format lacks
   * `$proxy_alternative_upstream_name`, and for requests whose upstream was replaced by a default backend
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
 * Tells which side a request belongs to; undefined for other routes, and for other canaries of these routes.
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
    // without a name of the route, or with that of a default backend, the pod tells
    if (ours === undefined || isDefaultBackend(upstream)) return byAddress(request);
    return undefined;
  };
}

function isDefaultBackend(upstream: string | undefined): boolean {
  return (
    upstream === 'upstream-default-backend' || (upstream?.startsWith('custom-default-backend-') ?? false)
  );
}

/** The address without its port; IPv6 addresses stand in brackets. */
function hostOf(address: string): string {
  const end = address.lastIndexOf(':');
  return (end < 0 ? address : address.slice(0, end)).replace(/^\[|\]$/g, '');
}
