import type { DaemonSet } from 'kubernetes-types/apps/v1';
import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import {
  meddledStrategy,
  withOwnUpdateStrategy,
  withUpdateStrategy,
} from '../../../workload/rolling/update-strategy.ts';
import { daemonSetStatus } from '../../../workload/rollout-status.ts';
import type { Roller } from './roller.ts';
import { living, type Seen, unready } from './seen.ts';
import { withTemplate } from './with-template.ts';

/**
 * A DaemonSet has no partition. With `OnDelete` its controller replaces a pod if somebody deletes it, so the pods are deleted
 * here, node by node: the next one when all others are ready. A plain delete: an eviction budget does not count the pods of DaemonSets.
 */
export const daemonSetRoller: Roller<DaemonSet> = {
  wanted: wantedOf,

  forward: (workload, template) => onDelete(workload, template),

  due(workload, seen, count) {
    if (living(seen.newPods).length >= count) return [];
    return nextOf(seen.oldPods, seen, wantedOf(workload));
  },

  isComplete: (_, { oldPods }) => oldPods.length === 0,

  back: (workload, template) => onDelete(workload, template),

  dueBack(seen) {
    const broken = unready(seen.newPods);
    return broken.length > 0 ? broken : nextOf(seen.newPods, seen, undefined);
  },

  release: withOwnUpdateStrategy,

  meddled(workload) {
    const found = meddledStrategy(workload);
    return found && `its update strategy from ${found.set.type} to ${found.current.type ?? 'RollingUpdate'}`;
  },

  status: daemonSetStatus,

  describe: ({ spec }) => (spec?.updateStrategy?.type === 'OnDelete' ? 'node by node' : ''),
};

/** The next pod to go: one that is not ready, or the first by its name if all are; none while one is on its way. */
function nextOf(pods: readonly Pod[], { newPods, oldPods }: Seen, wanted: number | undefined): Pod[] {
  const all = [...newPods, ...oldPods];
  const candidates = living(pods).toSorted(byName);
  const sick = unready(candidates);
  const isQuiet = all.length === living(all).length && (wanted === undefined || all.length >= wanted);
  const othersReady = unready(all).every((pod) => sick.includes(pod));
  if (!isQuiet || !othersReady) return [];
  return [...sick, ...candidates].slice(0, 1);
}

function wantedOf({ status }: DaemonSet): number {
  return status?.desiredNumberScheduled ?? 0;
}

function onDelete(workload: DaemonSet, template: PodTemplateSpec): DaemonSet {
  return withTemplate(withUpdateStrategy(workload, { type: 'OnDelete' }), template);
}

function byName(a: Pod, b: Pod): number {
  return (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '');
}
