import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import type { LoggedSide } from '../../pod-log/tally.ts';
import type { ServicePair } from '../../split.ts';

/** Which side a pod's address belongs to. */
export interface Sides {
  /** Takes the addresses as they are now. Those that are gone stay known, because the log is late. */
  take(slices: readonly EndpointSlice[]): void;
  of(address: string): LoggedSide | undefined;
}

/** @param services their endpoints are the sides; not ready ones, too, because they may have been ready a moment ago */
export function createSides(services: readonly ServicePair[]): Sides {
  const known = new Map<string, LoggedSide>();
  const sideOf = (service: string | undefined): LoggedSide | undefined => {
    if (services.some(({ stable }) => stable === service)) return 'stable';
    return services.some(({ canary }) => canary === service) ? 'canary' : undefined;
  };
  return {
    take(slices) {
      for (const { metadata, endpoints } of slices) {
        const side = sideOf(metadata?.labels?.['kubernetes.io/service-name']);
        if (!side) continue;
        for (const { addresses } of endpoints ?? []) for (const each of addresses) known.set(each, side);
      }
    },
    of: (address) => known.get(address),
  };
}
