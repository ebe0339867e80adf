import type { Plan } from './plan.ts';
import { REMOVE, type Stage, unpin } from './stage.ts';

/** The way to production. Without steps, stable is rolled at once. */
export function stagesUp(plan: Plan): Stage[] {
  if (plan.steps.length === 0) {
    return [
      {
        kind: 'update-stable',
        name: 'rollout',
        weight: 'keep',
        replicaPercent: 'keep',
        image: 'to',
        forMs: 0,
      },
    ];
  }
  if (plan.strategy === 'experiment') return experiment(plan);
  let last = 0;
  const steps = plan.steps.map((step): Stage => {
    if (step.kind === 'hold') {
      return { kind: 'hold', name: 'hold', weight: last, replicaPercent: last, image: 'from', forMs: 0 };
    }
    last = step.weight;
    return {
      kind: 'weight',
      name: `${last} %`,
      weight: last,
      replicaPercent: last,
      image: 'from',
      forMs: step.holdMs,
      ...(step.untilSure ? { untilSure: true } : {}),
    };
  });
  return [...test(plan), ...firstContact(plan), ...steps, ...finish(plan, last), ...leave(plan)];
}

/** The release beside the stable version, at the size of the first step and for its time; then nothing is left of either. */
function experiment(plan: Plan): Stage[] {
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

/** What Jobs check on a canary that no user is sent to. */
function test(plan: Plan): Stage[] {
  if (!plan.jobs?.length) return [];
  return [
    { kind: 'test', name: 'tests', weight: 0, replicaPercent: firstWeight(plan), image: 'from', forMs: 0 },
  ];
}

/** A few users first, so that a release that fails at once costs a handful of requests. Not if the first step is as small. */
function firstContact(plan: Plan): Stage[] {
  const { weight = 0, ms = 0 } = plan.firstContact ?? {};
  const share = firstWeight(plan);
  if (weight === 0 || share <= weight) return [];
  return [
    {
      kind: 'first-contact',
      name: 'first contact',
      weight,
      replicaPercent: share,
      image: 'from',
      forMs: ms,
    },
  ];
}

function firstWeight({ steps }: Plan): number {
  return steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []))[0] ?? 0;
}

/**
 * Stable gets the new image. `shift`: off traffic, which a full-sized canary carries; nobody is sent to a pod that ends. `roll`: under
 * traffic, at the last weight, for clusters without room for two full sets.
 */
function finish(plan: Plan, last: number): Stage[] {
  const settle = { forMs: plan.settleMs } as const;
  if (plan.finish === 'roll') {
    return [
      ...part(plan, last),
      { kind: 'update-stable', name: 'stable', weight: last, replicaPercent: last, image: 'to', ...settle },
    ];
  }
  return [
    ...(plan.autoscaler
      ? [
          {
            kind: 'hold-autoscaler',
            name: 'hold the autoscaler',
            weight: last,
            replicaPercent: last,
            image: 'from',
            forMs: 0,
          } as const,
        ]
      : []),
    ...(last < 100
      ? [
          {
            kind: 'grow',
            name: 'full size',
            weight: last,
            replicaPercent: 100,
            image: 'from',
            ...settle,
          } as const,
        ]
      : []),
    { kind: 'shift', name: '100 %', weight: 100, replicaPercent: 100, image: 'from', ...settle },
    ...part(plan, 100),
    { kind: 'update-stable', name: 'stable', weight: 100, replicaPercent: 100, image: 'to', ...settle },
  ];
}

/** The baseline goes before stable is written: it is a copy of what stable was, and must not serve beside what stable will be. */
function part({ baseline, drainMs }: Plan, weight: number): Stage[] {
  if (!baseline) return [];
  return [
    {
      kind: 'drain-baseline',
      name: 'the baseline goes',
      weight,
      replicaPercent: weight,
      image: 'from',
      forMs: drainMs,
    },
  ];
}

/** Everybody back on stable, which is the new one now; then the canary goes. */
function leave(plan: Plan): Stage[] {
  return [
    {
      kind: 'shift-back',
      name: 'back to stable',
      weight: 'lower',
      replicaPercent: 'keep',
      image: 'to',
      forMs: plan.drainMs,
    },
    ...unpin(plan),
    REMOVE,
  ];
}
