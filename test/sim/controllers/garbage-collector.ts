import { deleteObject, FOREGROUND, type Propagation } from '../api-server/deletion.ts';
import { KINDS } from '../api-server/resources.ts';
import type { Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';

interface Dependent {
  plural: string;
  object: Stored;
}

/**
 * The garbage collector: what is owned by an object that is gone, or that was never there, goes; an object that is deleted in the
 * foreground goes when all that it owns has gone. Owners are known by their uid.
 */
export function startGarbageCollector(store: Store, clock: VirtualClock): void {
  const waiting = new Set<string>();

  function soon(key: string, act: () => void): void {
    if (waiting.has(key)) return;
    waiting.add(key);
    clock.after(15, () => {
      waiting.delete(key);
      act();
    });
  }

  store.subscribe(({ type, resource, object }) => {
    const { uid, namespace, name, ownerReferences = [], finalizers } = object.metadata;
    if (type === 'DELETED') {
      if (resource !== 'pods') soon(`gone ${uid}`, () => collectAll(uid, 'Background'));
      for (const owner of ownerReferences) {
        const found = ownerOf(store, namespace, owner);
        if (found) finishSoon(found);
      }
    } else if (finalizers?.includes(FOREGROUND)) finishSoon({ plural: resource, object });
    else if (type === 'ADDED' && ownerReferences.length > 0) {
      soon(`new ${uid}`, () => {
        const made = store.get(resource, namespace ?? '', name);
        if (made?.metadata.uid === uid) collectOrphan({ plural: resource, object: made }, 'Background');
      });
    }
  });

  function finishSoon({ plural, object }: Dependent): void {
    const { uid, namespace, name } = object.metadata;
    soon(`going ${uid}`, () => {
      const found = store.get(plural, namespace ?? '', name);
      if (found?.metadata.uid !== uid || !found.metadata.finalizers?.includes(FOREGROUND)) return;
      if (collectAll(uid, 'Foreground') === 0) store.drop(plural, found);
    });
  }

  /** Collects what an owner has left; returns how many there were. */
  function collectAll(owner: string, propagation: Propagation): number {
    const left = dependentsOf(store, owner);
    for (const each of left) {
      if (propagation === 'Foreground')
        deleteObject(store, clock.now(), each.plural, each.object, propagation);
      else collectOrphan(each, propagation);
    }
    return left.length;
  }

  /** An object that has another owner stays. */
  function collectOrphan({ plural, object }: Dependent, propagation: Propagation): void {
    const { namespace, ownerReferences = [] } = object.metadata;
    if (ownerReferences.some((owner) => ownerOf(store, namespace, owner))) return;
    deleteObject(store, clock.now(), plural, object, propagation);
  }
}

/** Everything that names this owner. */
function dependentsOf(store: Store, owner: string): Dependent[] {
  return KINDS.flatMap(({ plural }) =>
    store
      .list(plural)
      .filter((object) => object.metadata.ownerReferences?.some(({ uid }) => uid === owner))
      .map((object) => ({ plural, object })),
  );
}

/** Takes an owner's name off what it owns, so that it stays. */
export function orphan(store: Store, owner: string): void {
  for (const { plural, object } of dependentsOf(store, owner)) {
    const ownerReferences = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner) ?? [];
    store.put(plural, { ...object, metadata: { ...object.metadata, ownerReferences } });
  }
}

function ownerOf(
  store: Store,
  namespace: string | undefined,
  { kind, name, uid }: { kind: string; name: string; uid: string },
): Dependent | undefined {
  const known = KINDS.find((each) => each.kind === kind);
  if (!known) return undefined;
  const object = store.get(known.plural, known.namespaced ? (namespace ?? '') : '', name);
  return object?.metadata.uid === uid ? { plural: known.plural, object } : undefined;
}
