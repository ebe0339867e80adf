import type { StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import {
  isUpdateHeld,
  meddledStrategy,
  withOwnUpdateStrategy,
  withUpdateStrategy,
} from '../../../workload/rolling/update-strategy.ts';
import { statefulSetStatus } from '../../../workload/rollout-status.ts';
import type { Roller } from './roller.ts';
import { unready } from './seen.ts';
import { withTemplate } from './with-template.ts';

/**
 * A StatefulSet is rolled by its partition, from the highest ordinal down: its controller gives the release to the pods
 * from the partition on. A pod that is not ready blocks the controller (kubernetes, pkg/controller/statefulset/stateful_set_control.go:
 * it waits for each pod before it looks at the next one, also on the way back), so such a pod is deleted here.
 */
export const statefulSetRoller: Roller<StatefulSet> = {
  wanted: ({ spec }) => spec?.replicas ?? 1,

  forward(workload, template, { count }) {
    const partition = Math.max(0, (workload.spec?.replicas ?? 1) - count);
    return at(workload, template, partition);
  },

  due: (workload, { oldPods }) =>
    unready(oldPods).filter((pod) => indexOf(workload, pod) >= partitionOf(workload)),

  // pods below the partition are made again from the current revision, which has to be the new one before the partition is put back
  isComplete: ({ status }, { oldPods }) =>
    oldPods.length === 0 &&
    status?.currentRevision !== undefined &&
    status.currentRevision === status.updateRevision,

  back: (workload, template) => at(workload, template, 0),

  dueBack: ({ newPods }) => unready(newPods),

  release: withOwnUpdateStrategy,

  meddled(workload) {
    const found = meddledStrategy(workload);
    if (!found) return undefined;
    const { set, current } = found;
    const [before, now] = [set, current].map(textOf);
    return `its update strategy from ${before} to ${now}`;
  },

  status: statefulSetStatus,

  describe: (workload) => (isUpdateHeld(workload) ? textOf(workload.spec?.updateStrategy) : ''),
};

function at(workload: StatefulSet, template: PodTemplateSpec, partition: number): StatefulSet {
  const held = withUpdateStrategy(workload, {
    type: 'RollingUpdate',
    rollingUpdate: { ...ownTerms(workload), partition },
  });
  return withTemplate(held, template);
}

/** What the workload says of its rolling update besides the partition, such as `maxUnavailable`. */
function ownTerms({ spec }: StatefulSet): object {
  return spec?.updateStrategy?.rollingUpdate ?? {};
}

function partitionOf({ spec }: StatefulSet): number {
  return spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** The pod's place in the set: its ordinal, counted from the first one. */
function indexOf({ spec }: StatefulSet, { metadata }: Pod): number {
  const { start = 0 } = (spec as { ordinals?: { start?: number } } | undefined)?.ordinals ?? {};
  return Number(/\d+$/.exec(metadata?.name ?? '')?.[0] ?? -1) - start;
}

function textOf(strategy: NonNullable<StatefulSet['spec']>['updateStrategy']): string {
  const { type = 'RollingUpdate', rollingUpdate } = strategy ?? {};
  return type === 'RollingUpdate' ? `partition ${rollingUpdate?.partition ?? 0}` : type;
}
