import type { Endpoint, EndpointSlice } from 'kubernetes-types/discovery/v1';

/**
 * The ready endpoints of a Service, from its EndpointSlices, as routers choose them. A missing condition
 * counts as ready (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions).
 *
 * @param slices of the namespace
 */
export function readyEndpoints(slices: readonly EndpointSlice[], service: string): Endpoint[] {
  return slices
    .filter((slice) => slice.metadata?.labels?.['kubernetes.io/service-name'] === service)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false);
}
