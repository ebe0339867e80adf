import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';

/** No scheduler has this name, so that a pod that names it stays without a node. */
const NO_SCHEDULER = 'drone-promote-none';
/** The annotation of a ReplicaSet with the name of its own scheduler. Whoever takes over reads it there. */
const OWN = 'drone-promote/own-scheduler';

/**
 * The ReplicaSet with a template whose pods never start. Its controller ends a pod without a node before any other
 * (kubernetes, pkg/controller/controller_utils.go, ActivePodsWithRanks), so that it can be scaled down without
 * the end of a pod that serves. Pods that it has already stay as they are.
 */
export function withoutStarts(set: ReplicaSet): ReplicaSet {
  const own = set.spec?.template?.spec?.schedulerName ?? '';
  return holdsStarts(set) ? set : withScheduler(set, NO_SCHEDULER, own);
}

/** The ReplicaSet with its own scheduler again; undefined if nothing holds its pods back. */
export function withStarts(set: ReplicaSet): ReplicaSet | undefined {
  const own = set.metadata?.annotations?.[OWN];
  if (own === undefined) return undefined;
  const current = set.spec?.template?.spec?.schedulerName;
  // somebody else's name stays
  return withScheduler(set, current === NO_SCHEDULER ? own : (current ?? ''), undefined);
}

/** Whether the pods that a ReplicaSet makes do not start. */
export function holdsStarts(set: ReplicaSet): boolean {
  return set.metadata?.annotations?.[OWN] !== undefined;
}

/** Whether a pod was made to never start. */
export function neverStarts({ spec }: Pod): boolean {
  return spec?.schedulerName === NO_SCHEDULER;
}

function withScheduler(set: ReplicaSet, name: string, own: string | undefined): ReplicaSet {
  const { [OWN]: _, ...annotations } = set.metadata?.annotations ?? {};
  const { schedulerName: __, ...spec } = set.spec?.template?.spec ?? { containers: [] };
  return {
    ...set,
    metadata: {
      ...set.metadata,
      annotations: own === undefined ? annotations : { ...annotations, [OWN]: own },
    },
    spec: {
      selector: {},
      ...set.spec,
      template: { ...set.spec?.template, spec: name === '' ? spec : { ...spec, schedulerName: name } },
    },
  };
}
