import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { isReady } from './deployment-controller.ts';

/** The EndpointSlice controller: for each Service one slice of the pods it selects. */
export function startEndpoints(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();
  store.subscribe(({ resource, type, object }) => {
    if (resource === 'pods') {
      for (const service of store.list('services', object.metadata.namespace)) soon(service);
    }
    if (resource !== 'services') return;
    if (type !== 'DELETED') soon(object);
    else {
      const slice = store.get('endpointslices', object.metadata.namespace ?? '', object.metadata.name);
      if (slice) store.drop('endpointslices', slice);
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
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      addressType: 'IPv4',
      metadata: {
        name: metadata.name,
        namespace: metadata.namespace,
        labels: { 'kubernetes.io/service-name': metadata.name },
      },
      endpoints: pods.map((pod) => ({
        addresses: [pod.status.podIP],
        conditions: { ready: isReady(pod) },
        targetRef: { kind: 'Pod', name: pod.metadata.name, namespace: pod.metadata.namespace },
      })),
      ports: [{ port: 8080 }],
    };
    const found = store.get('endpointslices', metadata.namespace ?? '', metadata.name);
    if (found) store.put('endpointslices', { ...found, endpoints: slice.endpoints });
    else store.add('endpointslices', slice);
  }
}
