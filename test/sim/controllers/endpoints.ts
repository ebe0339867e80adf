import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isReady } from './deployment-controller.ts';

/** The most endpoints that the controller puts into one slice. */
const SLICE_SIZE = 100;
const SERVICE_LABEL = 'kubernetes.io/service-name';

/** The ready addresses behind a Service. */
export function readyAddresses(store: Store, namespace: string, service: string): string[] {
  return slicesOf(store, namespace, service)
    .flatMap(({ endpoints }) => endpoints)
    .filter((endpoint: Any) => endpoint.conditions.ready)
    .flatMap((endpoint: Any) => endpoint.addresses);
}

function slicesOf(store: Store, namespace: string | undefined, service: string): Stored[] {
  return store
    .list('endpointslices', namespace)
    .filter(({ metadata: { labels } }) => labels?.[SERVICE_LABEL] === service);
}

/** The EndpointSlice controller: for each Service slices of the pods it selects; the first has the Service's name. */
export function startEndpoints(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();
  store.subscribe(({ resource, type, object }) => {
    if (resource === 'pods') {
      for (const service of store.list('services', object.metadata.namespace)) soon(service);
    }
    if (resource !== 'services') return;
    if (type !== 'DELETED') soon(object);
    else {
      for (const slice of slicesOf(store, object.metadata.namespace, object.metadata.name))
        store.drop('endpointslices', slice);
    }
  });

  function soon({ metadata }: Stored): void {
    const key = `${metadata.namespace}/${metadata.name}`;
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(20, () => {
      waiting.delete(key);
      const service = store.get('services', metadata.namespace ?? '', metadata.name);
      if (service?.spec.selector) write(service);
    });
  }

  function write({ metadata, spec }: Stored): void {
    const selector = Object.entries(spec.selector as Record<string, string>);
    const pods = store
      .list('pods', metadata.namespace)
      .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
      .filter((pod) => pod.status?.podIP !== undefined && pod.metadata.deletionTimestamp === undefined);
    const endpoints = pods.map((pod) => ({
      addresses: [pod.status.podIP],
      conditions: { ready: isReady(pod) },
      targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace },
    }));
    const rest = new Set(slicesOf(store, metadata.namespace, metadata.name));
    for (let from = 0; from === 0 || from < endpoints.length; from += SLICE_SIZE) {
      // no Service has a dot in its name, so that no other Service's slice has this name
      const name = from === 0 ? metadata.name : `${metadata.name}.${from / SLICE_SIZE + 1}`;
      const part = endpoints.slice(from, from + SLICE_SIZE);
      const found = store.get('endpointslices', metadata.namespace ?? '', name);
      if (found) store.put('endpointslices', { ...found, endpoints: part });
      else store.add('endpointslices', sliceOf(metadata, name, part));
      if (found) rest.delete(found);
    }
    for (const slice of rest) store.drop('endpointslices', slice);
  }
}

function sliceOf({ name, namespace }: Stored['metadata'], slice: string, endpoints: readonly unknown[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { name: slice, namespace, labels: { [SERVICE_LABEL]: name } },
    endpoints,
    ports: [{ port: 8080 }],
  };
}
