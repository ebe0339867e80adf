import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** The ResourceQuota controller: says how many pods a quota allows, and how many there are. */
export function startQuotaController(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();
  store.subscribe(({ resource, type, object }) => {
    const { namespace = '' } = object.metadata;
    const isNew = resource === 'resourcequotas' && type === 'ADDED';
    if (!(isNew || resource === 'pods') || waiting.has(namespace)) return;
    if (store.list('resourcequotas', namespace).length === 0) return;
    waiting.add(namespace);
    clock.after(15, () => {
      waiting.delete(namespace);
      for (const quota of store.list('resourcequotas', namespace)) count(quota);
    });
  });

  function count(quota: Stored): void {
    const { hard } = quota.spec;
    const pods = String(store.list('pods', quota.metadata.namespace).length);
    const used = hard.pods === undefined ? {} : { pods };
    if (quota.status?.used?.pods !== used.pods || quota.status === undefined)
      store.put('resourcequotas', { ...quota, status: { hard, used } });
  }
}
