import type { JobCheck } from '../../../settings/checks/job.ts';
import { checksOfSteps, type Step } from '../../../settings/steps.ts';
import type { Plan } from './plan.ts';

/**
 * A state that the loop brings the cluster to, holds for a while, and leaves for the next one. A promotion is
 * a list of them. Durations are milliseconds, weights percent.
 */
export interface Stage {
  kind:
    | 'before'
    | 'test'
    | 'mirror'
    | 'first-contact'
    | 'weight'
    | 'hold'
    | 'hold-autoscaler'
    | 'grow'
    | 'shift'
    | 'drain-baseline'
    | 'update-stable'
    | 'after'
    | 'shift-back'
    | 'canary-takes-all'
    | 'restore'
    | 'drain-canary'
    | 'release-autoscaler'
    | 'update-follower'
    | 'restore-followers'
    | 'clean-up'
    | 'undo';
  /** For the log. */
  name: string;
  /** The canary's weight. `keep` does not change it; `lower` sets it to 0, and creates no route. */
  weight: number | 'keep' | 'lower';
  /** The canary's pods in percent of stable's. `keep` does not change their number; `none` removes them. */
  replicaPercent: number | 'keep' | 'none';
  /** The image that stable runs at the end of the stage; `any` does not check it. */
  image: 'from' | 'to' | 'any';
  /** The index of the follower that the stage updates. */
  follower?: number;
  /** How long to hold the state once it is reached. */
  forMs: number;
  /** More failed requests of the canary than this, since the stage began, end the promotion. */
  mostFailures?: number;
  /** Ends the stage early, once enough requests were counted to detect `detectable`. */
  untilSure?: true;
  /** The names of the checks that are measured in this stage, and in no other that does not name them. */
  checks?: readonly string[];
  /** The checks that run as Jobs in this stage, and the number of its step, from 1. */
  jobs?: { step: number; names: readonly string[] };
}

/** What a step of the user says besides its weight and its time. */
export function ownOf(
  { steps, jobs = [] }: Plan,
  step: Step,
): Pick<Stage, 'untilSure' | 'mostFailures' | 'checks' | 'jobs'> {
  const { untilSure, mostFailures } = step.kind === 'weight' ? step : {};
  const isJob = (name: string) => jobs.some((job) => job.name === name);
  const checks = step.checks?.filter((name) => !isJob(name)) ?? [];
  const names = step.checks?.filter(isJob) ?? [];
  return {
    ...(untilSure ? { untilSure } : {}),
    ...(mostFailures === undefined ? {} : { mostFailures }),
    ...(checks.length > 0 ? { checks } : {}),
    ...(names.length > 0 ? { jobs: { step: steps.indexOf(step) + 1, names } } : {}),
  };
}

/** The checks by Jobs that no step names: they run before the first user. */
export function jobsBeforeUsers({ steps, jobs = [] }: Plan): readonly JobCheck[] {
  const named = checksOfSteps(steps);
  return jobs.filter(({ name }) => !named.has(name));
}

/** The stages with users on the canary in which stable may run the new image already. */
export const AFTER_UPDATE: readonly Stage['kind'][] = ['update-stable', 'update-follower'];

/** The last stage of each direction. */
export const REMOVE: Stage = {
  kind: 'clean-up',
  name: 'clean up',
  weight: 'keep',
  replicaPercent: 'none',
  image: 'any',
  forMs: 0,
};

/** Restores the autoscaler's own minimum, because the users are back on stable. */
export function releaseAutoscaler(plan: Plan): Stage[] {
  if (!plan.autoscaler) return [];
  return [
    {
      kind: 'release-autoscaler',
      name: 'release the autoscaler',
      weight: 'keep',
      replicaPercent: 'keep',
      image: 'any',
      forMs: 0,
    },
  ];
}
