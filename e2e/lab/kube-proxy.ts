import net from 'node:net';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import { connect } from './node/api.ts';

/** A Service that users come by, as other pods do. */
export interface ServiceTarget {
  kubeconfig: string;
  namespace: string;
  name: string;
}

/** kube-proxy writes its rules once in so long (`minSyncPeriod`); after a quiet time it does so at once. */
const SYNC_EVERY_MS = 1_000;
/** After an error everything is listed anew. */
const AGAIN_MS = 300;

/**
 * Stands in for kube-proxy, which the lab does not have: follows the EndpointSlices of a Service, and opens each new connection to one of the
 * ready endpoints, by chance. A connection that is open stays where it is.
 *
 * @returns opens a connection; resolves when the Service is known
 */
export async function followService({
  kubeconfig,
  namespace,
  name,
}: ServiceTarget): Promise<() => net.Socket> {
  const api = await connect(kubeconfig);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const slices = new Map<string, EndpointSlice>();
  let endpoints: readonly net.TcpNetConnectOpts[] = [];
  let syncedAt = Number.NEGATIVE_INFINITY;
  let isPending = false;

  const sync = () => {
    isPending = false;
    syncedAt = performance.now();
    endpoints = [...slices.values()].flatMap(readyOf);
  };
  const soon = () => {
    if (isPending) return;
    isPending = true;
    setTimeout(sync, Math.max(0, syncedAt + SYNC_EVERY_MS - performance.now()));
  };
  const isOfIt = ({ metadata }: EndpointSlice) => metadata?.labels?.['kubernetes.io/service-name'] === name;
  const apply = (type: string, slice: EndpointSlice) => {
    if (!isOfIt(slice)) return;
    const key = slice.metadata?.name ?? '';
    if (type === 'DELETED') slices.delete(key);
    else slices.set(key, slice);
    soon();
  };

  async function list(): Promise<string> {
    const { metadata, items } = (await api.call('GET', path)) as {
      metadata: { resourceVersion: string };
      items: EndpointSlice[];
    };
    slices.clear();
    for (const slice of items) apply('MODIFIED', slice);
    return metadata.resourceVersion;
  }

  async function follow(from: string): Promise<never> {
    for (let version = from; ; ) {
      try {
        version = await api.watch<EndpointSlice>(path, version, ({ type, object }) => apply(type, object));
      } catch {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
        version = await list().catch(() => version);
      }
    }
  }

  const version = await list();
  sync();
  void follow(version);
  return () => {
    const chosen = endpoints[Math.floor(Math.random() * endpoints.length)];
    return chosen ? net.connect(chosen) : refused(name);
  };
}

function readyOf({ endpoints, ports }: EndpointSlice): net.TcpNetConnectOpts[] {
  const port = ports?.[0]?.port ?? 0;
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.map((host) => ({ host, port })));
}

/** What kube-proxy does for a Service without endpoints. */
function refused(name: string): net.Socket {
  const socket = new net.Socket();
  process.nextTick(() => socket.destroy(new Error(`Service/${name} has no endpoint`)));
  return socket;
}
