import { afterStages, beforeStages, undoStages } from '../hooks/hook-stages.ts';
import type { Plan } from '../plan.ts';
import type { PromotionRecord } from '../record.ts';
import { ownOf, type Stage } from '../stage.ts';

/** A stage of a rolling update makes no copy, and asks no router for anything. */
const OWN_PODS = { replicaPercent: 'keep', image: 'any' } as const;

/** What was set on the workload for the promotion is put back. */
const PUT_BACK: Stage = {
  kind: 'clean-up',
  name: 'put back the update strategy',
  weight: 'keep',
  ...OWN_PODS,
  forMs: 0,
};

/**
 * The stages of a rolling update, whose weights are shares of the pods: the steps of the user, then all pods, then
 * the workload's own update strategy again. The last one is the point of no return. The Jobs around the release come before the
 * first pod, and when no pod of before is left; the release is judged while those run.
 */
export function rollingUp(plan: Plan): Stage[] {
  let weight = 0;
  const steps = plan.steps.map((step): Stage => {
    if (step.kind === 'hold')
      return {
        kind: 'hold',
        name: 'hold',
        weight,
        ...OWN_PODS,
        forMs: step.holdMs ?? 0,
        ...ownOf(plan, step),
      };
    weight = step.weight;
    return {
      kind: 'weight',
      name: `${weight} % of the pods`,
      weight,
      ...OWN_PODS,
      forMs: step.holdMs,
      ...ownOf(plan, step),
    };
  });
  const all: Stage = { kind: 'update-stable', name: 'all pods', weight: 100, ...OWN_PODS, forMs: 0 };
  const after = afterStages(plan, all, 'all pods are ready').map(
    (stage): Stage => ({ ...stage, weight: 100 }),
  );
  const isThere = weight === 100 && after.length === 0;
  return [...beforeStages(plan), ...steps, ...(isThere ? [] : [all]), ...after, PUT_BACK];
}

/** The way back: the template as it was, on every pod, then the workload's own update strategy, then the Jobs are undone. */
export function rollingDown(record: PromotionRecord): Stage[] {
  const restore: Stage = {
    kind: 'restore',
    name: 'restore the pods',
    weight: 'lower',
    ...OWN_PODS,
    forMs: 0,
  };
  return [restore, PUT_BACK, ...undoStages(record)];
}

/** Whether no pod of before may be left in the stage, because Jobs come after it. */
export function leavesNoOldPod({ hooks }: Pick<Plan, 'hooks'>, { kind }: Pick<Stage, 'kind'>): boolean {
  return kind === 'update-stable' && (hooks?.after.length ?? 0) > 0;
}

/** How many pods of so many run the new version at a share, rounded up. */
export function podsAt(percent: number, pods: number): number {
  return Math.min(pods, Math.ceil((pods * percent) / 100));
}
