import type { KubeObject, Resource } from './resource.ts';

/** Where objects come from: a mirror of the cluster, lists that were read once, or a dry run's memory. */
export interface ObjectSource {
  /** All objects of a kind; empty if there are none, or if the source does not hold the kind. */
  all<T extends KubeObject>(resource: Resource<T>): readonly T[];
}

/** The key of a kind, unique among the kinds of a server. */
export function kindKey({ plural, group }: Resource<KubeObject>): string {
  return `${plural}.${group}`;
}

/** A source of fixed lists. */
export function fixedSource(
  lists: readonly (readonly [resource: Resource<KubeObject>, objects: readonly KubeObject[]])[],
): ObjectSource {
  const byKind = new Map(lists.map(([resource, objects]) => [kindKey(resource), objects]));
  return {
    all: <T extends KubeObject>(resource: Resource<T>) =>
      (byKind.get(kindKey(resource)) ?? []) as readonly T[],
  };
}

/** The objects of these kinds, as the source has them now; what it gets later is not in it. */
export function copyOf(source: ObjectSource, resources: readonly Resource<KubeObject>[]): ObjectSource {
  return fixedSource(resources.map((each) => [each, [...source.all(each)]] as const));
}
