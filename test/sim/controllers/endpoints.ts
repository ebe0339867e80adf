import { isDeepStrictEqual } from 'node:util';
import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isReady } from './deployment-controller.ts';

/** The most endpoints that the controller puts into one slice. */
const SLICE_SIZE = 100;

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
      for (const slice of slicesOf(object)) store.drop('endpointslices', slice);
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

  function slicesOf({ metadata }: Stored): Stored[] {
    return store
      .list('endpointslices', metadata.namespace)
      .filter(({ metadata: { labels } }) => labels?.['kubernetes.io/service-name'] === metadata.name);
  }

  function write(service: Stored): void {
    const { metadata, spec } = service;
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
    const found = new Map(slicesOf(service).map((slice) => [slice.metadata.name, slice]));
    const count = Math.max(1, Math.ceil(endpoints.length / SLICE_SIZE));
    for (let index = 0; index < count; index += 1) {
      const name = index === 0 ? metadata.name : `${metadata.name}-${index + 1}`;
      const part = endpoints.slice(index * SLICE_SIZE, (index + 1) * SLICE_SIZE);
      const old = found.get(name);
      found.delete(name);
      if (!old) store.add('endpointslices', sliceOf(metadata, name, part));
      else if (index === 0 || !isDeepStrictEqual(old.endpoints, part))
        store.put('endpointslices', { ...old, endpoints: part });
    }
    for (const rest of found.values()) store.drop('endpointslices', rest);
  }
}

function sliceOf({ name, namespace }: Stored['metadata'], slice: string, endpoints: readonly unknown[]) {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { name: slice, namespace, labels: { 'kubernetes.io/service-name': name } },
    endpoints,
    ports: [{ port: 8080 }],
  };
}
