import { createHash } from 'node:crypto';
import type { Any, Store, Stored } from '../api-server/store.ts';
import { isOwned } from './deployment-controller.ts';

/** The label with a revision's hash: of the pods of both kinds, and of a DaemonSet's revisions. */
export const REVISION_HASH = 'controller-revision-hash';

/**
 * The ControllerRevision of the template as it is now: that of an earlier time if its data is the same, with a new number, or a new
 * one (kubernetes, pkg/controller/history).
 */
export function revisionOf(store: Store, owner: Stored, hashLabel: string): Stored {
  const { metadata, spec, kind } = owner;
  const data = { spec: { template: { ...spec.template, $patch: 'replace' } } };
  const all = store
    .list('controllerrevisions', metadata.namespace)
    .filter((each) => isOwned(each, metadata.uid));
  const newest = Math.max(0, ...all.map(({ revision }) => revision));
  const same = all.find((each) => sorted(each.data) === sorted(data));
  if (same && same.revision === newest) return same;
  if (same) return store.put('controllerrevisions', { ...same, revision: newest + 1 });
  const hash = createHash('sha256').update(sorted(data)).digest('hex').slice(0, 10);
  const made = store.add('controllerrevisions', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels: { ...spec.template.metadata?.labels, [hashLabel]: hash },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind, name: metadata.name, uid: metadata.uid, controller: true },
      ],
    },
    data,
    revision: newest + 1,
  });
  if (!made) throw new Error(`a revision of ${metadata.name} exists and has another owner`);
  return made;
}

/** As JSON, with the keys of all objects in order. */
function sorted(value: Any): string {
  return JSON.stringify(value, (_, each) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort())
      : each,
  );
}

/** A pod of an owner, by its template. */
export function podOf(owner: Stored, name: string, template: Any, hash: string, more: Any = {}): Any {
  const { metadata, kind } = owner;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { ...template.metadata?.labels, [REVISION_HASH]: hash },
      ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind, name: metadata.name, uid: metadata.uid, controller: true },
      ],
    },
    spec: { ...template.spec, ...more },
    status: { phase: 'Pending' },
  };
}

/** Calls a reconciler for an owner some time after it, or one of its pods, has changed; many changes at once call it once. */
export function reconcileOwners(
  store: Store,
  clock: { after(ms: number, act: () => void): void },
  plural: string,
  kind: string,
  reconcile: (owner: Stored) => void,
): void {
  const waiting = new Set<string>();
  const soon = (namespace: string | undefined, name: string) => {
    const key = `${namespace}/${name}`;
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(15, () => {
      waiting.delete(key);
      const owner = store.get(plural, namespace ?? '', name);
      if (owner && owner.metadata.deletionTimestamp === undefined) reconcile(owner);
    });
  };
  store.subscribe(({ resource, object }) => {
    const { namespace, name, ownerReferences = [] } = object.metadata;
    if (resource === plural) soon(namespace, name);
    if (resource !== 'pods') return;
    const owner = ownerReferences.find((each) => each.controller && each.kind === kind);
    if (owner) soon(namespace, owner.name);
  });
}
