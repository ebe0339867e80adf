import type { JobCheck } from '../../../settings/checks/job.ts';
import type { Hook } from '../../../settings/hooks/hooks.ts';
import type { FirstContact, Step } from '../../../settings/steps.ts';
import type { Steer } from '../../../traffic/split.ts';
import type { WorkloadKind } from '../../../workload/rolling/kinds.ts';
import type { WorkloadRef } from './followers/follower.ts';
import type { PlannedMirror } from './plan.ts';

/** What the user wants: settings and release. */
export interface PromotionSpec {
  action: 'promote' | 'rollback';
  namespace: string;
  kind: WorkloadKind;
  workload: string;
  /** Workloads that get the release with it, and when those with pods do. */
  followers: readonly WorkloadRef[];
  order: 'after' | 'before';
  /** The image of the release, as the workload gets it. */
  image: string;
  container: string | undefined;
  /** Services to split; if empty, those that select the workload and that a route sends to. */
  services: readonly string[];
  steps: readonly Step[];
  /** A few users before the first step; undefined for none. */
  firstContact: FirstContact | undefined;
  /** Copies of requests before the first user; undefined for none. */
  mirror: PlannedMirror | undefined;
  strategy: 'canary' | 'bluegreen' | 'experiment' | 'rolling';
  /** Whether to compare the canary with a baseline. An experiment always does. */
  baseline: boolean;
  /** The port of the pods' metrics, if their annotations do not name it. */
  metricsPort: number | undefined;
  /** Whether a check queries Prometheus. */
  queries: boolean;
  /** Checks by Jobs. */
  jobs: readonly JobCheck[];
  /** Jobs before the release, and after it. */
  before: readonly Hook[];
  after: readonly Hook[];
  finish: 'auto' | 'shift' | 'pace' | 'roll';
  settleMs: number;
  drainMs: number;
  timeoutMs: number;
  /** Requests that always go to the canary, at any weight. */
  steer: Steer | undefined;
  /** A host name that leads to the canary alone. */
  preview: string | undefined;
  /** The name of the router; `auto` takes the one whose routes send to the Services. */
  traffic: string;
  /** What to do if nothing would notice a bad release. */
  unwatched: 'refuse' | 'allow';
  /** A step does not pass while it has too few requests to be judged. */
  requireEvidence: boolean;
}
