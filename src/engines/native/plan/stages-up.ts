import { withFollowers } from './followers/stages.ts';
import { afterStages, beforeStages } from './hooks/hook-stages.ts';
import { hasTasks } from './hooks/tasks.ts';
import type { Plan } from './plan.ts';
import { jobsBeforeUsers, ownOf, REMOVE, releaseAutoscaler, type Stage } from './stage.ts';
import { blueGreen } from './strategy/bluegreen.ts';
import { experiment } from './strategy/experiment.ts';

/** The stages of a promotion. */
export function stagesUp(plan: Plan): Stage[] {
  return [...beforeStages(plan), ...withFollowers(plan, stagesOfStrategy(plan))];
}

/** Without steps, stable is updated at once, or at the pace of the router. */
function stagesOfStrategy(plan: Plan): Stage[] {
  if (plan.steps.length === 0) {
    return [
      {
        kind: 'update-stable',
        name: 'update stable',
        weight: 'keep',
        replicaPercent: 'keep',
        image: 'to',
        forMs: 0,
      },
      ...afterStages(plan),
      ...(plan.pace || hasTasks(plan) ? [REMOVE] : []),
    ];
  }
  if (plan.strategy === 'experiment') return experiment(plan);
  if (plan.strategy === 'bluegreen') return withEnd(plan, [...test(plan), ...blueGreen(plan)]);
  let last = 0;
  const steps = plan.steps.map((step): Stage => {
    if (step.kind === 'hold') {
      const forMs = step.holdMs ?? 0;
      const share = { weight: last, replicaPercent: last } as const;
      return { kind: 'hold', name: 'hold', ...share, image: 'from', forMs, ...ownOf(plan, step) };
    }
    last = step.weight;
    return {
      kind: 'weight',
      name: `${last} %`,
      weight: last,
      replicaPercent: last,
      image: 'from',
      forMs: step.holdMs,
      ...ownOf(plan, step),
    };
  });
  // stable has to carry all users at once again, at any time
  const held = plan.sharesByPods ? holdAutoscaler(plan, 0) : [];
  const users = steps.findIndex(({ kind }) => kind === 'weight');
  const withoutUsers = [...test(plan), ...held, ...mirrored(plan), ...steps.slice(0, users)];
  const stages = [...withoutUsers, ...firstContact(plan), ...steps.slice(users), ...finish(plan, last)];
  return withEnd(
    plan,
    stages.map((stage) => withRoomForCopies(stage, plan)),
  );
}

/** Checks by Jobs, on a canary without users. */
function test(plan: Plan): Stage[] {
  if (jobsBeforeUsers(plan).length === 0) return [];
  return [
    { kind: 'test', name: 'tests', weight: 0, replicaPercent: firstWeight(plan), image: 'from', forMs: 0 },
  ];
}

/** Copies of requests, on a canary without users. */
function mirrored(plan: Plan): Stage[] {
  if (!plan.mirror) return [];
  return [
    {
      kind: 'mirror',
      name: `mirror ${plan.mirror.percent} %`,
      weight: 0,
      replicaPercent: firstWeight(plan),
      image: 'from',
      forMs: plan.mirror.ms,
    },
  ];
}

/** A canary that had pods for the copies keeps them: a pod that ends just before the first user comes could cost that user an answer. */
function withRoomForCopies(stage: Stage, { mirror }: Plan): Stage {
  const { replicaPercent } = stage;
  if (!mirror || typeof replicaPercent !== 'number') return stage;
  return { ...stage, replicaPercent: Math.max(replicaPercent, mirror.percent) };
}

/**
 * A few users first, so that a release that fails at once costs few requests. None if the first step is as
 * small.
 */
function firstContact(plan: Plan): Stage[] {
  const { weight = 0, ms = 0 } = plan.firstContact ?? {};
  const share = firstWeight(plan);
  if (weight === 0 || share <= weight) return [];
  return [
    {
      kind: 'first-contact',
      name: 'first contact',
      weight,
      // where the pods are the share, the pods of the first step would be that step
      replicaPercent: plan.sharesByPods ? weight : share,
      image: 'from',
      forMs: ms,
    },
  ];
}

function firstWeight({ steps }: Plan): number {
  return steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []))[0] ?? 0;
}

/**
 * Stable gets the new image. With `shift` a full-sized canary takes all users meanwhile, so no request meets
 * a pod that ends. With `pace` and `roll` stable serves users meanwhile, for clusters without room for two full
 * sets of pods, and the canary keeps the share of its last step, because it has the pods for that share. With
 * `pace` no autoscaler may take pods off stable, because the canary's users come back to it.
 */
function finish(plan: Plan, last: number): Stage[] {
  const settle = { forMs: plan.settleMs } as const;
  if (plan.finish !== 'shift') {
    return [
      ...holdAutoscaler(plan, last),
      ...removeBaseline(plan, last),
      {
        kind: 'update-stable',
        name: 'update stable',
        // the selector of both versions would not let go of a pod that is taken out of its Services
        weight: plan.sharesByPods ? 0 : last,
        replicaPercent: last,
        image: 'to',
        ...settle,
      },
    ];
  }
  return [
    ...holdAutoscaler(plan, last),
    ...(last < 100
      ? [
          {
            kind: 'grow',
            name: 'full size',
            weight: plan.sharesByPods ? 50 : last,
            replicaPercent: 100,
            image: 'from',
            ...settle,
          } as const,
        ]
      : []),
    { kind: 'shift', name: '100 %', weight: 100, replicaPercent: 100, image: 'from', ...settle },
    ...removeBaseline(plan, 100),
    {
      kind: 'update-stable',
      name: 'update stable',
      weight: 100,
      replicaPercent: 100,
      image: 'to',
      ...settle,
    },
  ];
}

/** Keeps the autoscaler from scaling stable down until the users are back. */
function holdAutoscaler({ autoscaler }: Plan, last: number): Stage[] {
  if (!autoscaler) return [];
  return [
    {
      kind: 'hold-autoscaler',
      name: 'hold the autoscaler',
      weight: last,
      replicaPercent: last,
      image: 'from',
      forMs: 0,
    },
  ];
}

/** Removes the baseline before stable is updated, because it still serves the old version. */
function removeBaseline({ baseline, drainMs }: Plan, weight: number): Stage[] {
  if (!baseline) return [];
  return [
    {
      kind: 'drain-baseline',
      name: 'remove the baseline',
      weight,
      replicaPercent: weight,
      image: 'from',
      forMs: drainMs,
    },
  ];
}

/** The stages, up to the update of stable, with those that follow it. */
function withEnd(plan: Plan, stages: readonly Stage[]): Stage[] {
  return [...stages, ...afterStages(plan, stages.at(-1)), ...backToStable(plan)];
}

/** Sends all users back to stable, which has the new version by now, and removes the canary. */
function backToStable(plan: Plan): Stage[] {
  return [
    {
      kind: 'shift-back',
      name: 'back to stable',
      weight: 'lower',
      replicaPercent: 'keep',
      image: 'to',
      forMs: plan.drainMs,
    },
    ...releaseAutoscaler(plan),
    REMOVE,
  ];
}
