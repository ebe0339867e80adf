import type { JobCheck } from '../../../settings/checks/job.ts';
import type { FirstContact, Step } from '../../../settings/steps.ts';
import type { Steer } from '../../../traffic/router.ts';

/** What the user wants, out of settings and release. */
export interface PromotionSpec {
  action: 'promote' | 'rollback';
  namespace: string;
  workload: string;
  /** The release's image, as it is to be written into the workload. */
  image: string;
  container: string | undefined;
  /** Services to split; empty: those that select the workload and stand behind an Ingress. */
  services: readonly string[];
  steps: readonly Step[];
  /** Before the first step; undefined for none. */
  firstContact: FirstContact | undefined;
  strategy: 'canary' | 'experiment';
  /** Whether the canary is compared with a copy of the stable version of its own age and size. An experiment always has one. */
  baseline: boolean;
  /** Where the pods' metrics are, if their annotations do not say it. */
  metricsPort: number | undefined;
  /** Whether a check queries Prometheus. */
  queries: boolean;
  /** Checks that Jobs make. */
  jobs: readonly JobCheck[];
  finish: 'shift' | 'roll';
  settleMs: number;
  drainMs: number;
  timeoutMs: number;
  /** Whom the canary is given whatever the weight says. */
  steer: Steer | undefined;
  /** The router's name; `auto` takes the one whose routes send to the Services. */
  traffic: string;
  /** What to do if nothing would notice a bad release. */
  unwatched: 'refuse' | 'allow';
  /** A step may not pass on too few requests to tell. */
  requireEvidence: boolean;
}
