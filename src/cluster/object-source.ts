import type { KubeObject, Resource } from './resource.ts';

/** Where a snapshot takes its objects from: a mirror of the cluster, lists that were made once, or the memory of a dry run. */
export interface ObjectSource {
  all<T extends KubeObject>(resource: Resource<T>): readonly T[];
}

/** A source of the lists that were made; a resource without a list has no objects. */
export function sourceOf(lists: readonly [Resource<KubeObject>, readonly KubeObject[]][]): ObjectSource {
  const byPlural = new Map(lists.map(([resource, items]) => [resource.plural, items]));
  return {
    all: <T extends KubeObject>(resource: Resource<T>) =>
      (byPlural.get(resource.plural) ?? []) as readonly T[],
  };
}
