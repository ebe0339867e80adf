import type { Plan } from '../plan.ts';
import { REMOVE, type Stage } from '../stage.ts';

/** Both versions run at the size and for the time of the first step, and are then removed. */
export function experiment(plan: Plan): Stage[] {
  const first = plan.steps.find((step) => step.kind === 'weight');
  const share = first?.weight ?? 0;
  return [
    {
      kind: 'test',
      name: 'experiment',
      weight: 0,
      replicaPercent: share,
      image: 'from',
      forMs: first?.holdMs ?? 0,
    },
    REMOVE,
  ];
}
