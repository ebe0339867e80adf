import type { Outcome } from '../../../outcome.ts';
import type { JobCheck } from '../../../settings/checks/job.ts';
import type { FirstContact, Step } from '../../../settings/steps.ts';
import type { RoutePair, ServicePair, Steer, TrafficSplit } from '../../../traffic/router.ts';
import type { SplitLabel } from '../../../workload/canary-copy.ts';
import type { PolicyPair } from './split/policies.ts';

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
  /** The name of the router that splits; the first one there was if a record does not say. */
  router?: string;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  /** What knows stable's pods by the split label, and its copies for the canary's. */
  policies?: readonly PolicyPair[];
  /** The autoscaler whose minimum is held while the users are away from stable. */
  autoscaler?: { name: string };
  /** Empty: stable is rolled at once, without a canary. */
  steps: readonly Step[];
  /** The share and the time that the canary gets before the first step. */
  firstContact?: FirstContact;
  /** A release that is tried beside the stable version, without users; stable is never written, and nothing stays. */
  strategy?: 'experiment';
  baseline?: Baseline;
  /** Checks that Jobs make before any user is on the canary. */
  jobs?: readonly JobCheck[];
  finish: 'shift' | 'roll';
  settleMs: number;
  drainMs: number;
  timeoutMs: number;
  /** Whom the canary is given whatever the weight says. */
  steer?: Steer;
  /** A step does not pass as long as there are too few requests to tell anything. */
  requireEvidence?: true;
}

/** A copy of the stable version, as young and as small as the canary, which the canary is compared with. */
export interface Baseline {
  /** Name of its Deployment. */
  deployment: string;
  /**
   * What tells its pods from all others. Behind stable's Services they keep the labels of stable and have this one beside; behind Services
   * of their own it is the label by which the canary is told apart, with a value of theirs.
   */
  label: { key: string; value: string };
  /** The Services of its own; none where it stands behind stable's, with the users of stable. */
  services: readonly { stable: string; baseline: string }[];
}

/** What an outcome says of the promotion, whatever its end. */
export function subjectOfOutcome({
  workload,
  namespace,
  from,
  to,
}: Plan): Pick<Outcome, 'workload' | 'namespace' | 'from' | 'to'> {
  return { workload: `deployment/${workload}`, namespace, from, to };
}

/** What the router is asked to split. */
export function splitOf({ namespace, workload, services, routes, steer }: Plan): TrafficSplit {
  return { namespace, workload, services, routes, ...(steer ? { steer } : {}) };
}

/** Pods of the canary at a weight: its share of stable's count, rounded up, at least one. */
export function canaryReplicas(stableReplicas: number, weight: number): number {
  return Math.max(1, Math.ceil((stableReplicas * weight) / 100));
}

/** How many pods the promotion adds at the most, baseline included, while stable's own rollout may add its surge on top. */
export function mostCanaryPods(plan: Plan, stableReplicas: number): number {
  if (plan.steps.length === 0) return 0;
  const weights = plan.steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []));
  const [first = 0] = weights;
  const largest = canaryReplicas(stableReplicas, Math.max(...weights));
  if (plan.strategy === 'experiment') return 2 * canaryReplicas(stableReplicas, first);
  if (plan.finish === 'roll') return plan.baseline ? 2 * largest : largest;
  // the baseline keeps its size while the canary grows to all of stable's
  return plan.baseline ? stableReplicas + largest : stableReplicas;
}

/** Whether a promotion that was begun with one plan can be gone on with by another: the same release by the same way. */
export function isSamePromotion(a: Plan, b: Plan): boolean {
  const way = (plan: Plan) => {
    const {
      workload,
      canary,
      containers,
      to,
      router,
      services,
      routes,
      strategy,
      baseline,
      steps,
      jobs,
      finish,
    } = plan;
    return JSON.stringify({
      workload,
      canary,
      containers,
      to,
      router: router ?? 'nginx',
      services,
      routes,
      strategy,
      baseline,
      steps,
      jobs,
      finish,
    });
  };
  return way(a) === way(b);
}
