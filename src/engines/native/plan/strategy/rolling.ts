import type { Plan } from '../plan.ts';
import type { Stage } from '../stage.ts';

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
 * the workload's own update strategy again. The last one is the point of no return.
 */
export function rollingUp(plan: Plan): Stage[] {
  let weight = 0;
  const steps = plan.steps.map((step): Stage => {
    if (step.kind === 'hold')
      return { kind: 'hold', name: 'hold', weight, ...OWN_PODS, forMs: step.holdMs ?? 0 };
    weight = step.weight;
    return {
      kind: 'weight',
      name: `${weight} % of the pods`,
      weight,
      ...OWN_PODS,
      forMs: step.holdMs,
      ...(step.untilSure ? { untilSure: true } : {}),
    };
  });
  const all: Stage = { kind: 'update-stable', name: 'all pods', weight: 100, ...OWN_PODS, forMs: 0 };
  return [...steps, ...(weight === 100 ? [] : [all]), PUT_BACK];
}

/** The way back: the template as it was, on every pod, then the workload's own update strategy. */
export function rollingDown(): Stage[] {
  return [{ kind: 'restore', name: 'restore the pods', weight: 'lower', ...OWN_PODS, forMs: 0 }, PUT_BACK];
}

/** How many pods of so many run the new version at a share, rounded up. */
export function podsAt(percent: number, pods: number): number {
  return Math.min(pods, Math.ceil((pods * percent) / 100));
}
