import type { Outcome } from '../../../outcome.ts';
import type { JobCheck } from '../../../settings/checks/job.ts';
import type { Hook } from '../../../settings/hooks/hooks.ts';
import type { FirstContact, Step } from '../../../settings/steps.ts';
import type { Mirror, RoutePair, ServicePair, Steer, TrafficSplit } from '../../../traffic/split.ts';
import type { SplitLabel } from '../../../workload/canary-copy.ts';
import { settingOf, type WorkloadKind } from '../../../workload/rolling/kinds.ts';
import type { Pace } from '../../../workload/rolling/pace.ts';
import type { Follower } from './followers/follower.ts';
import type { PolicyPair } from './split/policy-pair.ts';

/**
 * What the promotion will do. The log prints it, the record keeps it, and `decide` reads it. Durations in
 * milliseconds.
 */
export interface Plan {
  action: 'promote' | 'rollback';
  namespace: string;
  /** The kind of the workload; absent for a Deployment. */
  kind?: WorkloadKind;
  /** Name of the workload. */
  workload: string;
  /** Name of the canary's Deployment. */
  canary: string;
  /** Containers that get the new image. */
  containers: readonly string[];
  from: string;
  to: string;
  label: SplitLabel;
  /** The name of the router that splits. A record of an older version has none, and means ingress-nginx. */
  router?: string;
  services: readonly ServicePair[];
  routes: readonly RoutePair[];
  /** The share of the users is that of the pods, so that a weight decides on the number of pods. */
  sharesByPods?: true;
  /** What knows stable's pods by the split label, and its copies for the canary's. */
  policies?: readonly PolicyPair[];
  /** What is held while the canary takes all users: a HorizontalPodAutoscaler by its minimum, a ScaledObject of KEDA by its pause. */
  autoscaler?: HeldAutoscaler;
  /** The workloads that get the release with this one, in their order. */
  followers?: readonly Follower[];
  /** The followers are updated before the canary starts; after stable if it is absent. */
  order?: 'before';
  /** If empty, stable is updated at once, without a canary. */
  steps: readonly Step[];
  /** The share and the time that the canary gets before the first step. */
  firstContact?: FirstContact;
  /** Before any user is on the canary, requests are copied to it. */
  mirror?: PlannedMirror;
  /**
   * `experiment`: the release runs next to the stable version, without users. Stable is never written, and nothing stays. `bluegreen`: the
   * steps are holds and one switch of all users, with a full copy from the start. `rolling`: the pods of the workload itself are
   * replaced, and a weight is the share of them that runs the release (rolling/).
   */
  strategy?: 'experiment' | 'bluegreen' | 'rolling';
  /**
   * Of a rolling update: the object that keeps the template of before, the label value of its pods, and those of other
   * pods that were there.
   */
  before?: { revision: string; hash: string; others?: readonly string[] };
  baseline?: Baseline;
  /** Checks by Jobs, before the first user is on the canary. */
  jobs?: readonly JobCheck[];
  /** Jobs before anything of the release exists, and after all pods of stable run it. */
  hooks?: { before: readonly Hook[]; after: readonly Hook[] };
  finish: 'shift' | 'pace' | 'roll';
  /** Nobody has named the finish, so that it may be another one when the promotion resumes. */
  finishIsFree?: true;
  /** How fast stable is rolled with `finish: pace`. */
  pace?: Pace & { out?: TakenOut };
  settleMs: number;
  drainMs: number;
  timeoutMs: number;
  /** For so long a pod of the canary has to be ready before users may be sent there; absent for none. */
  readySeconds?: number;
  /** Requests that always go to the canary, at any weight. */
  steer?: Steer;
  /** The host name that leads to the canary alone, and what a tester opens. */
  preview?: { host: string; url: string };
  /** Stable did not serve before the promotion, so the way back does not wait until it does. */
  stableWasIll?: true;
  /** A step does not pass while it has too few requests to be judged. */
  requireEvidence?: true;
}

/** The requests that are copied to the canary, and for how long. */
export interface PlannedMirror extends Mirror {
  ms: number;
}

/** Records of older versions have no kind, and mean a HorizontalPodAutoscaler. */
export interface HeldAutoscaler {
  kind?: 'ScaledObject';
  name: string;
}

/** How a pod leaves its Services before it ends. */
export interface TakenOut {
  /** The label that its Services select by, and its value for pods that are to end. */
  key: string;
  value: string;
  services: readonly string[];
  /** How long the router may still send to it. */
  afterMs: number;
}

/** A copy of the stable version, of the age and size of the canary, to compare the canary with. */
export interface Baseline {
  /** Name of its Deployment. */
  deployment: string;
  /**
   * The label that distinguishes its pods from all others. Pods behind stable's Services keep stable's labels
   * and get this one as well. Pods behind Services of their own have the split label, with a value of their
   * own.
   */
  label: { key: string; value: string };
  /** Its own Services; none if it is behind stable's, with the users of stable. */
  services: readonly { stable: string; baseline: string }[];
}

/** The fields of an outcome that identify the promotion. */
export function subjectOfOutcome(plan: Plan): Pick<Outcome, 'workload' | 'namespace' | 'from' | 'to'> {
  const { namespace, from, to } = plan;
  return { workload: settingOf(plan), namespace, from, to };
}

/** What the router has to split. */
export function splitOf(plan: Plan): TrafficSplit {
  const { namespace, workload, services, routes, steer, mirror, preview } = plan;
  return {
    namespace,
    workload,
    services,
    routes,
    ...(steer ? { steer } : {}),
    ...(mirror ? { mirror: { percent: mirror.percent, methods: mirror.methods } } : {}),
    ...(preview ? { preview: preview.host } : {}),
  };
}

/**
 * Number of canary pods at a weight, at least one: that share of stable's pods, rounded up. If the pods are the share, the number that comes
 * nearest to it of all pods; from 50 % on as many as stable has.
 */
export function canaryReplicas(
  { sharesByPods }: Pick<Plan, 'sharesByPods'>,
  stableReplicas: number,
  weight: number,
): number {
  const count = sharesByPods
    ? Math.round((stableReplicas * Math.min(weight, 50)) / (100 - Math.min(weight, 50)))
    : Math.ceil((stableReplicas * weight) / 100);
  return Math.max(1, count);
}

/**
 * The largest number of pods that the promotion adds, with the baseline, but without the surge of stable's
 * own rollout.
 */
export function mostCanaryPods(plan: Plan, stableReplicas: number): number {
  if (plan.steps.length === 0) return 0;
  const weights = plan.steps.flatMap((step) => (step.kind === 'weight' ? [step.weight] : []));
  const [first = 0] = weights;
  const largest = canaryReplicas(plan, stableReplicas, Math.max(...weights, plan.mirror?.percent ?? 0));
  if (plan.strategy === 'experiment') return 2 * canaryReplicas(plan, stableReplicas, first);
  if (plan.finish !== 'shift') return plan.baseline ? 2 * largest : largest;
  // the baseline keeps its size while the canary grows to all of stable's
  return plan.baseline ? stableReplicas + largest : stableReplicas;
}

/** What makes two plans the same promotion. */
const WAY = [
  'kind',
  'workload',
  'canary',
  'containers',
  'to',
  'router',
  'services',
  'routes',
  'strategy',
  'baseline',
  'mirror',
  'preview',
  'steps',
  'jobs',
  'hooks',
  'finish',
  'followers',
  'order',
] as const satisfies readonly (keyof Plan)[];

/** Records of earlier versions do not name the router. */
const DEFAULTS: Partial<Plan> = { router: 'nginx' };

/**
 * Whether a promotion that one plan started can be resumed with another: the same release, by the same steps. It
 * keeps its finish if the new plan leaves that free.
 */
export function isSamePromotion(a: Plan, b: Plan): boolean {
  const way = (plan: Plan) => {
    // what is read besides is no part of the way
    const routes = plan.routes.map(({ beside: _, ...route }) => route);
    // those that were updated already run another image now
    const followers = plan.followers?.map(({ kind, name, containers }) => ({ kind, name, containers }));
    return JSON.stringify(WAY.map((key) => ({ ...plan, routes, followers })[key] ?? DEFAULTS[key]));
  };
  return way(a) === way(b.finishIsFree ? { ...b, finish: a.finish } : b);
}
