import type { Plan } from './plan.ts';

/**
 * A state that the loop brings the cluster to, holds for a while, and leaves for the next one. A promotion is a
 * list of them. Durations are milliseconds, weights percent.
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

/** The last stage of each direction. */
export const REMOVE: Stage = {
  kind: 'clean-up',
  name: 'clean up',
  weight: 'keep',
  replicaPercent: 'none',
  image: 'any',
  forMs: 0,
};

/** The users are back on stable: its autoscaler gets its own minimum again. */
export function unpin(plan: Plan): Stage[] {
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
