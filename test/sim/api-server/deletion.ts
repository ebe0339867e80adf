import type { Store, Stored } from './store.ts';

/** What becomes of what an object owns. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** Kinds whose deletion in the foreground waits for what they own; others own nothing here. */
const OWNERS = new Set(['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'rollouts', 'jobs']);

export const FOREGROUND = 'foregroundDeletion';

/** Who asks for nothing gets this; a Job's pods are left alone for the sake of old clients (registry/batch/job/strategy.go). */
export function propagationOf(plural: string, asked: string | null | undefined): Propagation {
  return (asked as Propagation | null | undefined) ?? (plural === 'jobs' ? 'Orphan' : 'Background');
}

/**
 * Deletes as the API server does: a pod is told to end, and an owner waits in the foreground for what it owns; anything else is gone
 * at once.
 *
 * @returns the object as it stays until then; undefined where it is gone
 */
export function deleteObject(
  store: Store,
  now: number,
  plural: string,
  object: Stored,
  propagation: Propagation,
): Stored | undefined {
  const foreground = propagation === 'Foreground' && OWNERS.has(plural);
  if (!foreground && plural !== 'pods') {
    store.drop(plural, object);
    return undefined;
  }
  const { metadata } = object;
  if (metadata.deletionTimestamp !== undefined) return object;
  const marked = {
    ...metadata,
    deletionTimestamp: new Date(now).toISOString(),
    ...(foreground ? { finalizers: [FOREGROUND] } : {}),
  };
  return store.put(plural, { ...object, metadata: marked });
}
