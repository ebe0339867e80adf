import { randomUUID } from 'node:crypto';

// biome-ignore lint/suspicious/noExplicitAny: the store holds objects of every kind, and looks into few fields
export type Any = any;

/** An object as stored; always with metadata. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string; kind: string; name: string; controller?: boolean }[];
    finalizers?: string[];
    [field: string]: Any;
  };
  [field: string]: Any;
}

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  resource: string;
  object: Stored;
  before: Stored | undefined;
  resourceVersion: number;
}

/** The objects of a cluster in memory, with one counter of versions and a history for watches. Objects are never changed in place. */
export interface Store {
  get(resource: string, namespace: string, name: string): Stored | undefined;
  list(resource: string, namespace?: string): Stored[];
  /** Adds an object; undefined where one of that name exists. */
  add(resource: string, object: Any): Stored | undefined;
  /** Puts a changed object in the place of the old; the generation rises where the spec differs. No change, no new version. */
  put(resource: string, object: Stored): Stored;
  /** Takes the object away, whatever its finalizers. */
  drop(resource: string, object: Stored): void;
  version(): number;
  /** Changes after a version; undefined where the history does not reach back so far. */
  since(version: number): Change[] | undefined;
  forget(): void;
  subscribe(listener: (change: Change) => void): () => void;
}

/** Kinds whose `spec` counts into the generation. */
const GENERATIONS = new Set([
  'deployments',
  'replicasets',
  'rollouts',
  'statefulsets',
  'daemonsets',
  'ingresses',
  'httproutes',
  'ingressroutes',
  'traefikservices',
  'grpcroutes',
  'jobs',
  'cronjobs',
  'pods',
]);

export function createStore(now: () => number): Store {
  const objects = new Map<string, Stored>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1;
  let oldest = 1;
  const keyOf = (resource: string, { metadata }: { metadata: { namespace?: string; name: string } }) =>
    `${resource}|${metadata.namespace ?? ''}|${metadata.name}`;

  function emit(type: Change['type'], resource: string, object: Stored, before: Stored | undefined): void {
    const change = { type, resource, object, before, resourceVersion: version };
    history.push(change);
    for (const listener of [...listeners]) listener(change);
  }

  function stamped(object: Any): Stored {
    version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
  }

  return {
    get: (resource, namespace, name) => objects.get(`${resource}|${namespace}|${name}`),
    list: (resource, namespace) =>
      [...objects]
        .filter(([key]) => key.startsWith(`${resource}|${namespace === undefined ? '' : `${namespace}|`}`))
        .map(([, object]) => object)
        .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name)),
    add(resource, object) {
      const key = keyOf(resource, object);
      if (objects.has(key)) return undefined;
      const stored = stamped({
        ...object,
        metadata: {
          ...object.metadata,
          uid: randomUUID(),
          creationTimestamp: new Date(Math.floor(now() / 1000) * 1000).toISOString().replace('.000', ''),
          ...(GENERATIONS.has(resource) ? { generation: 1 } : {}),
        },
      });
      objects.set(key, stored);
      emit('ADDED', resource, stored, undefined);
      return stored;
    },
    put(resource, object) {
      const key = keyOf(resource, object);
      const before = objects.get(key);
      if (!before) return object;
      const { resourceVersion: _, ...metadata } = object.metadata;
      const { resourceVersion: __, ...old } = before.metadata;
      const same = JSON.stringify({ ...object, metadata }) === JSON.stringify({ ...before, metadata: old });
      if (same) return before;
      const specChanged = JSON.stringify(object.spec) !== JSON.stringify(before.spec);
      const generation = (before.metadata.generation ?? 0) + (specChanged ? 1 : 0);
      const stored = stamped(
        GENERATIONS.has(resource) ? { ...object, metadata: { ...object.metadata, generation } } : object,
      );
      objects.set(key, stored);
      emit('MODIFIED', resource, stored, before);
      return stored;
    },
    drop(resource, object) {
      const key = keyOf(resource, object);
      const before = objects.get(key);
      if (!before) return;
      objects.delete(key);
      emit('DELETED', resource, stamped(before), before);
    },
    version: () => version,
    since: (from) => (from < oldest ? undefined : history.filter((change) => change.resourceVersion > from)),
    forget() {
      history = [];
      oldest = version;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
