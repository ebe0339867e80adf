import type { Store } from './store.ts';

/** Why no more pod may be made in a namespace, as the API server words it; undefined where one may. */
export function quotaFault(store: Store, namespace: string | undefined, owner: string): string | undefined {
  const living = store.list('pods', namespace).length;
  const quota = store
    .list('resourcequotas', namespace)
    .find((each) => living >= Number(each.spec.hard.pods ?? Number.POSITIVE_INFINITY));
  return quota
    ? `pods "${owner}-" is forbidden: exceeded quota: ${quota.metadata.name}, requested: pods=1, used: pods=${living}, limited: pods=${quota.spec.hard.pods}`
    : undefined;
}
