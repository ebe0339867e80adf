import type { Plan } from '../plan.ts';
import { ownOf, type Stage } from '../stage.ts';

/**
 * The time before the switch in which stable is counted, as long as a first contact: the judge compares the release with it, and a run that
 * goes on after a hold has counted nothing yet.
 */
const COUNTS_STABLE_MS = 10_000;

/**
 * The stages of blue/green up to the update of stable. The canary has its full size from the first stage on, so that the switch is one
 * write and nothing starts under load. The autoscaler is held before the switch: it would scale a stable version without users down, which
 * is kept for the way back.
 */
export function blueGreen(plan: Plan): Stage[] {
  const full = { replicaPercent: 100, image: 'from' } as const;
  const held: Stage[] = plan.autoscaler
    ? [{ kind: 'hold-autoscaler', name: 'hold the autoscaler', weight: 0, ...full, forMs: 0 }]
    : [];
  let weight = 0;
  const steps = plan.steps.flatMap((step): Stage[] => {
    if (step.kind === 'hold') {
      const name = weight === 0 ? 'hold on the preview' : 'hold after the switch';
      return [{ kind: 'hold', name, weight, ...full, forMs: step.holdMs ?? 0, ...ownOf(plan, step) }];
    }
    weight = 100;
    return [
      ...held,
      { kind: 'grow', name: 'full copy', weight: 0, ...full, forMs: COUNTS_STABLE_MS },
      {
        kind: 'weight',
        name: '100 %',
        weight,
        ...full,
        forMs: step.holdMs,
        ...ownOf(plan, step),
      },
    ];
  });
  return [
    ...steps,
    {
      kind: 'update-stable',
      name: 'update stable',
      weight,
      replicaPercent: 100,
      image: 'to',
      forMs: plan.settleMs,
    },
  ];
}
