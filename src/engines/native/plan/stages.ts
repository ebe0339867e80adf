import type { Plan } from './plan.ts';
import type { PromotionRecord } from './record.ts';

/**
 * A state that the cluster is brought to, held for a while, and left for the next. A promotion is a list of them; `decide` compares
 * the cluster with the current one. Durations in milliseconds, weights in percent.
 */
export interface Stage {
  kind:
    | 'test'
    | 'first-contact'
    | 'weight'
    | 'hold'
    | 'hold-autoscaler'
    | 'grow'
    | 'shift'
    | 'drain-baseline'
    | 'update-stable'
    | 'shift-back'
    | 'canary-takes-all'
    | 'restore'
    | 'drain-canary'
    | 'release-autoscaler'
    | 'clean-up';
  /** For the log. */
  name: string;
  /** Canary weight; `keep` leaves it as it is, `lower` sets it to 0 on what exists, and creates nothing. */
  weight: number | 'keep' | 'lower';
  /** The canary's share of stable's pods, in percent; `keep` leaves it as it is, `none` wants none. */
  replicaPercent: number | 'keep' | 'none';
  /** The image that stable runs at the end of the stage; `any` does not look. */
  image: 'from' | 'to' | 'any';
  /** How long the state is held once it is reached. */
  forMs: number;
  /** It is left sooner, once a difference that matters would have been seen. */
  untilSure?: true;
}

const REMOVE: Stage = {
  kind: 'clean-up',
  name: 'clean up',
  weight: 'keep',
  replicaPercent: 'none',
  image: 'any',
  forMs: 0,
};

/** The stages of the record's direction. */
export function stagesOf(record: PromotionRecord): Stage[] {
  return record.direction === 'up' ? up(record.plan) : down(record);
}

/** The name of the stage that a record is at, for people. */
export function stageName(record: PromotionRecord): string {
  return stagesOf(record)[record.stage]?.name ?? 'the end';
}

/**
 * The stages of the way up that are judged, by their index: those with users on the canary; what the judge's evidence is divided over. With a
 * baseline only the user's steps: later the canary grows, and its new pods are younger than those that they would be compared with.
 */
export function judgedStages(plan: Plan): ReadonlySet<number> {
  const isJudged = ({ kind, weight }: Stage) =>
    typeof weight === 'number' &&
    weight > 0 &&
    (!plan.baseline || ['first-contact', 'weight', 'hold'].includes(kind));
  return new Set(up(plan).flatMap((stage, index) => (isJudged(stage) ? [index] : [])));
}

/** The way to production. Without steps, stable is rolled at once. */
function up(plan: Plan): Stage[] {
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

/** The users are back on stable: its autoscaler gets its own minimum again. */
function unpin(plan: Plan): Stage[] {
  if (!plan.autoscaler) return [];
  return [
    {
      kind: 'release-autoscaler',
      name: 'let the autoscaler go',
      weight: 'keep',
      replicaPercent: 'keep',
      image: 'any',
      forMs: 0,
    },
  ];
}

/**
 * The way back. Weight 0 first, always, where stable still is what it was. Where stable was written already, it is put back first,
 * while the canary carries the users.
 */
function down(record: PromotionRecord): Stage[] {
  const { plan } = record;
  const direct = plan.steps.length === 0;
  const carried = plan.finish === 'shift' && !direct;
  const restore: Stage[] = [
    ...(carried
      ? [
          {
            kind: 'canary-takes-all',
            name: 'canary carries',
            weight: 100,
            replicaPercent: 100,
            image: 'any',
            forMs: plan.settleMs,
          } as const,
        ]
      : []),
    {
      kind: 'restore',
      name: 'put stable back',
      weight: 'keep',
      replicaPercent: 'keep',
      image: 'from',
      forMs: direct ? 0 : plan.settleMs,
    },
  ];
  return [
    ...(record.restore ? restore : []),
    {
      kind: 'drain-canary',
      name: 'weight 0',
      weight: 'lower',
      replicaPercent: 'keep',
      image: 'any',
      forMs: record.drain ? plan.drainMs : 0,
    },
    ...unpin(plan),
    REMOVE,
  ];
}
