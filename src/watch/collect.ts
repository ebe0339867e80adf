import { orForbidden } from '../cluster/api-error.ts';
import type { Cluster, ListOptions, Selection } from '../cluster/client.ts';
import { listIfServed } from '../cluster/list-if-served.ts';
import { type KubeObject, leases, type Resource, resource } from '../cluster/resource.ts';
import { rollouts } from '../engines/argo/rollout/types.ts';
import { MANAGED_BY, MANAGER } from '../workload/canary-copy.ts';
import { seenInLease, seenInRollout } from './read-seen.ts';
import type { Seen } from './seen.ts';

const namespaces = resource<KubeObject & { kind?: 'Namespace' }>('v1', 'namespaces', 'Namespace', false);

/** The Leases of this program; other programs have many more. */
const OWN: Selection = { labelSelector: `${MANAGED_BY}=${MANAGER}` };

/** Where promotions are looked for: in these namespaces, or in all of them with one request. */
export type Places = readonly string[] | 'everywhere';

/** What one look at the cluster found. */
export interface Look {
  seen: readonly Seen[];
  /** Kinds that the credentials may not list, and so are left out. */
  without: readonly string[];
}

/**
 * The namespaces that the credentials can read: all of them, or those of the list of namespaces, or, if that may
 * not be read either, those of the kubeconfig's contexts.
 */
export async function placesFor(cluster: Cluster, signal: AbortSignal): Promise<Places> {
  if (await mayList(cluster, 'everywhere', signal)) return 'everywhere';
  const all = await orForbidden(cluster.list(namespaces, {}, { signal }));
  const { config } = cluster.connection;
  const known = all
    ? all.items.map(({ metadata }) => metadata?.name ?? '')
    : config
        .getContexts()
        .filter(({ cluster: of }) => of === config.getCurrentCluster()?.name)
        .flatMap(({ namespace }) => namespace ?? []);
  const candidates = [...new Set([cluster.namespace, ...known])];
  const may = await Promise.all(candidates.map((each) => mayList(cluster, [each], signal)));
  const readable = candidates.filter((_, index) => may[index]);
  // the request in the first namespace then says what is missing
  return readable.length > 0 ? readable : [cluster.namespace];
}

/** Reads the Leases of this program, and the Rollouts. */
export async function look(cluster: Cluster, places: Places, signal: AbortSignal): Promise<Look> {
  const [held, rolled] = await Promise.all([
    listIn(cluster, leases, places, signal, OWN),
    orForbidden(listIn(cluster, rollouts, places, signal)),
  ]);
  const seen = [...held.map(seenInLease), ...(rolled ?? []).map(seenInRollout)];
  return { seen: seen.filter((each) => each !== undefined), without: rolled ? [] : ['Rollouts'] };
}

async function listIn<T extends KubeObject>(
  cluster: Cluster,
  of: Resource<T>,
  places: Places,
  signal: AbortSignal,
  selection: Selection = {},
): Promise<T[]> {
  if (places === 'everywhere')
    return (await listIfServed(cluster, { ...of, namespaced: false }, selection, { signal })).items;
  const options = places.map((namespace): ListOptions<T> => ({ namespace, signal }));
  const lists = await Promise.all(options.map((each) => listIfServed(cluster, of, selection, each)));
  return lists.flatMap(({ items }) => items);
}

async function mayList(cluster: Cluster, places: Places, signal: AbortSignal): Promise<boolean> {
  return (await orForbidden(listIn(cluster, leases, places, signal, OWN))) !== undefined;
}
