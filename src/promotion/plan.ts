import type { JobCheck } from '../settings/job-check.ts';
import type { Step } from '../settings/steps.ts';
import type { RoutePair, ServicePair, Split } from '../traffic/router.ts';
import type { SplitLabel } from '../workload/canary-copy.ts';

/** What will be done, as data: printed by a dry run, kept in the record, and read by `decide`. Durations in milliseconds. */
export interface Plan {
  action: 'promote' | 'rollback';
  namespace: string;
  /** Name of the Deployment. */
  workload: string;
  /** Name of the canary's Deployment. */
  canary: string;
  /** Containers that get the new image. */
  containers: readonly string[];
  from: string;
  to: string;
  label: SplitLabel;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  /** The autoscaler whose minimum is held while the users are away from stable. */
  autoscaler?: { name: string };
  /** Empty: stable is rolled at once, without a canary. */
  steps: readonly Step[];
  /** Checks that Jobs make before any user is on the canary. */
  jobs?: readonly JobCheck[];
  finish: 'shift' | 'roll';
  settleMs: number;
  drainMs: number;
  timeoutMs: number;
  /** A step does not pass as long as there are too few requests to tell anything. */
  requireEvidence?: true;
}

export function splitOf(plan: Plan): Split {
  return { workload: plan.workload, services: plan.services, routes: plan.routes };
}

/** Pods of the canary at a weight: its share of stable's count, rounded up, at least one. */
export function canaryReplicas(stableReplicas: number, weight: number): number {
  return Math.max(1, Math.ceil((stableReplicas * weight) / 100));
}

/** How many pods the promotion adds at the most, while stable's own rollout may add its surge on top. */
export function mostCanaryPods(plan: Plan, stableReplicas: number): number {
  if (plan.steps.length === 0) return 0;
  const weights = plan.steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []));
  return plan.finish === 'shift' ? stableReplicas : canaryReplicas(stableReplicas, Math.max(...weights));
}

/** Whether a promotion that was begun with one plan can be gone on with by another: the same release by the same way. */
export function sameWay(a: Plan, b: Plan): boolean {
  const way = ({ workload, canary, containers, to, services, routes, steps, jobs, finish }: Plan) =>
    JSON.stringify({ workload, canary, containers, to, services, routes, steps, jobs, finish });
  return way(a) === way(b);
}
