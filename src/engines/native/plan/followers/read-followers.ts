import { right } from '../../../../cluster/access.ts';
import type { Cluster, Right } from '../../../../cluster/client.ts';
import { type KubeObject, objectName, pods, type Resource } from '../../../../cluster/resource.ts';
import { TEMPLATED, type TemplatedKind } from '../../../../workload/kinds/templated.ts';
import type { WorkloadRef } from './follower.ts';

/** A workload that is to follow, as it is found. */
export interface FoundFollower extends WorkloadRef {
  /** undefined if it does not exist. */
  object: KubeObject | undefined;
}

/** Reads the followers: one list of one object each, because a dry run has only the right to list. */
export function readFollowers(cluster: Cluster, refs: readonly WorkloadRef[]): Promise<FoundFollower[]> {
  return Promise.all(
    refs.map(async ({ kind, name }) => {
      const { items } = await cluster.list(TEMPLATED[kind], { fieldSelector: `metadata.name=${name}` });
      return { kind, name, object: items.find((each) => objectName(each) === name) };
    }),
  );
}

/** The followers that exist, without Deployments, by kind. */
export function followersByKind(
  found: readonly FoundFollower[],
): (readonly [Resource<KubeObject>, readonly KubeObject[]])[] {
  const others = found.filter(({ kind }) => kind !== 'Deployment');
  return [...Map.groupBy(others, ({ kind }) => kind)].map(([kind, of]) => [
    TEMPLATED[kind],
    of.flatMap(({ object }) => object ?? []),
  ]);
}

/** The rights to read followers of these kinds. */
export function rightsToReadFollowers(refs: readonly Pick<WorkloadRef, 'kind'>[]): Right[] {
  return kindsOf(refs).flatMap((kind) => right(TEMPLATED[kind], 'list'));
}

/**
 * The rights to roll followers of these kinds and to put them back; for a StatefulSet also to delete a pod that
 * keeps it from going back. The same for a step and its guard.
 */
export function rightsToRollFollowers(refs: readonly Pick<WorkloadRef, 'kind'>[]): Right[] {
  const found = kindsOf(refs);
  return [
    ...found.flatMap((kind) => right(TEMPLATED[kind], 'list', 'watch', 'update')),
    ...(found.includes('StatefulSet') ? right(pods, 'delete') : []),
  ];
}

/** Deployments are among the rights of every promotion. */
function kindsOf(refs: readonly Pick<WorkloadRef, 'kind'>[]): TemplatedKind[] {
  return [...new Set(refs.map(({ kind }) => kind))].filter((kind) => kind !== 'Deployment');
}
