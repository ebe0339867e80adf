import type { Store } from '../api-server/store.ts';
import { readyAddresses } from '../controllers/endpoints.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** kube-proxy writes its rules once in so long (`minSyncPeriod`). */
const SYNC_EVERY_MS = 1_000;
/** After a quiet time the first change is in force that soon. */
const SYNC_TAKES_MS = 50;

export interface KubeProxy {
  /** Where a new connection to a Service may go. */
  addressesOf(namespace: string, service: string): readonly string[];
}

/**
 * kube-proxy of one node: it follows the EndpointSlices, and a new connection goes to any ready address of them. A connection to an address
 * that has gone is refused, and nothing tries another one.
 *
 * @param catchUp sends the requests that are due, before they are routed otherwise
 */
export function startKubeProxy(store: Store, clock: VirtualClock, catchUp: () => void): KubeProxy {
  let rules = new Map<string, readonly string[]>();
  let lastSync = Number.NEGATIVE_INFINITY;
  let isPending = false;
  store.subscribe(({ resource }) => {
    if (resource !== 'endpointslices' || isPending) return;
    isPending = true;
    clock.after(Math.max(0, lastSync + SYNC_EVERY_MS - clock.now()) + SYNC_TAKES_MS, () => {
      catchUp();
      isPending = false;
      lastSync = clock.now();
      rules = new Map(
        store
          .list('services')
          .map(({ metadata: { namespace = '', name } }) => [
            `${namespace}/${name}`,
            readyAddresses(store, namespace, name),
          ]),
      );
    });
  });
  return { addressesOf: (namespace, service) => rules.get(`${namespace}/${service}`) ?? [] };
}
