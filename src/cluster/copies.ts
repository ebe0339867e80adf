import { PromoteError } from '../errors.ts';
import type { Cluster, Selection } from './client.ts';
import { listIfServed } from './list-if-served.ts';
import { kindKey } from './object-source.ts';
import { isOlder, type KubeObject, objectName, type Resource, versionOf } from './resource.ts';

/** The objects of one resource that a mirror keeps. Several interests may be of one resource. */
export interface Interest<T extends KubeObject = KubeObject> {
  resource: Resource<T>;
  /** Only objects of these names; of all names by default. */
  names?: readonly string[];
  labelSelector?: string;
  /** Reduces an object to what is read of it, for a kind of which there may be many and none is written. */
  reduce?(object: T): T;
}

/** The copy of the objects of an interest, or of one of its names. */
export interface Copy {
  readonly resource: Resource<KubeObject>;
  readonly selection: Selection;
  /** The names that it keeps; undefined for all. */
  readonly names: ReadonlySet<string> | undefined;
  readonly reduce: (object: KubeObject) => KubeObject;
  objects: Map<string, KubeObject>;
  /** The version of the last list or event; the watch continues from it. */
  resourceVersion: string;
  /** The versions at which single objects were read ahead of the watch. */
  readonly readAt: Map<string, string>;
  lostSince: number | undefined;
}

/** The API server selects one name. More names than these are watched as the whole kind, because each watch is a connection. */
const MOST_WATCHES_BY_NAME = 4;

/**
 * The empty copies of all interests, by kind. Each object is in one copy: an interest in all objects of a kind
 * takes the place of the others in it, and names are asked for once.
 */
export function copiesByKind(interests: readonly Interest[]): Map<string, readonly Copy[]> {
  const byKind = Map.groupBy(interests, ({ resource }) => kindKey(resource));
  return new Map([...byKind].map(([key, of]) => [key, joined(of).flatMap(copiesOf)]));
}

/** The interests in one kind, without what one of them covers already. */
function joined(interests: readonly Interest[]): readonly Interest[] {
  const whole = interests.find(({ names, labelSelector }) => !names && labelSelector === undefined);
  if (whole) return [whole];
  const [named, labelled] = [
    interests.filter(({ labelSelector }) => labelSelector === undefined),
    interests.filter(({ labelSelector }) => labelSelector !== undefined),
  ];
  const [first] = named;
  if (!first) return labelled;
  return [{ ...first, names: [...new Set(named.flatMap(({ names = [] }) => names))] }, ...labelled];
}

/** The empty copies of an interest: one for each name, or one for all names. */
function copiesOf({ resource, names, labelSelector, reduce }: Interest): Copy[] {
  const empty = {
    resource,
    reduce: (object: KubeObject) => withoutManagers(reduce ? reduce(object) : object),
    resourceVersion: '',
    lostSince: undefined,
  };
  const labelled: Selection = labelSelector === undefined ? {} : { labelSelector };
  if (names !== undefined && names.length <= MOST_WATCHES_BY_NAME)
    return names.map((name) => ({
      ...empty,
      selection: { ...labelled, fieldSelector: `metadata.name=${name}` },
      names: new Set([name]),
      objects: new Map(),
      readAt: new Map(),
    }));
  return [
    { ...empty, selection: labelled, names: names && new Set(names), objects: new Map(), readAt: new Map() },
  ];
}

/** Fills a copy by a list. A kind that the server does not serve is empty. */
export async function fill(cluster: Cluster, copy: Copy): Promise<void> {
  const list = await listIfServed(cluster, copy.resource, copy.selection, pagesOf(copy));
  replaceBy(copy, list);
}

/** Options of a list that keep of each page only what the copy keeps. */
export function pagesOf({ names, reduce }: Copy): { keep: (object: KubeObject) => KubeObject | undefined } {
  return { keep: (object) => (names && !names.has(objectName(object)) ? undefined : reduce(object)) };
}

/** Reads one object of a copy again. @returns whether it is newer than what the watch has brought */
export async function readAgain(cluster: Cluster, copy: Copy, name: string): Promise<boolean> {
  const selection = { ...copy.selection, fieldSelector: `metadata.name=${name}` };
  const { items, resourceVersion } = await cluster.list(copy.resource, selection, pagesOf(copy));
  // the watch has run ahead of this answer meanwhile, and will not repeat what the answer does not know
  if (isOlder(resourceVersion, copy.resourceVersion)) return false;
  const found = items.find((item) => objectName(item) === name);
  if (found) copy.objects.set(name, found);
  else copy.objects.delete(name);
  copy.readAt.set(name, resourceVersion);
  return true;
}

/** Puts the objects of a list in place of those before. */
export function replaceBy(
  copy: Copy,
  { items, resourceVersion }: { items: readonly KubeObject[]; resourceVersion: string },
): void {
  copy.objects = new Map(items.map((item) => [objectName(item), item]));
  copy.resourceVersion = resourceVersion;
  copy.readAt.clear();
}

/** Follows an event of the watch. @returns whether an object has changed */
export function applyEvent(copy: Copy, type: string, object: KubeObject): boolean {
  const version = versionOf(object);
  // a list was ahead of the watch
  if (isOlder(version, copy.resourceVersion)) return false;
  if (version !== undefined) copy.resourceVersion = version;
  const name = objectName(object);
  if (isOlder(version, copy.readAt.get(name))) return false;
  if (type === 'BOOKMARK' || isOlder(version, versionOf(copy.objects.get(name)))) return false;
  if (copy.names && !copy.names.has(name)) return false;
  if (type === 'DELETED') copy.objects.delete(name);
  else copy.objects.set(name, copy.reduce(object));
  return true;
}

/** Stores the answer to an own write, if no later one is known. */
export function putInto({ objects, reduce }: Copy, object: KubeObject): void {
  const name = objectName(object);
  if (!isOlder(versionOf(object), versionOf(objects.get(name)))) objects.set(name, reduce(object));
}

/** The copies of a kind. @throws PromoteError `internal` if the mirror does not keep the kind */
export function copiesOfKind(copies: ReadonlyMap<string, readonly Copy[]>, resource: Resource<KubeObject>) {
  const found = copies.get(kindKey(resource));
  if (!found) throw new PromoteError('internal', `${resource.plural} are not mirrored.`);
  return found;
}

/** The copy that keeps the object of that name. @throws PromoteError `internal` if none does */
export function copyWith(
  copies: ReadonlyMap<string, readonly Copy[]>,
  resource: Resource<KubeObject>,
  name: string,
): Copy {
  const of = copiesOfKind(copies, resource);
  // copies by label do not say which names are theirs
  const found =
    of.find(({ objects }) => objects.has(name)) ?? of.find(({ names }) => !names || names.has(name));
  if (!found) throw new PromoteError('internal', `${resource.kind}/${name} is not mirrored.`);
  return found;
}

/**
 * Without the list of who wrote which field. It is as large as the rest of an object, nothing reads it of a
 * mirror, and the API server keeps its own if an update has none.
 */
function withoutManagers(object: KubeObject): KubeObject {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
