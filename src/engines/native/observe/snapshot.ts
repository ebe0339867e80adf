import type { Deployment } from 'kubernetes-types/apps/v1';
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import type { Job } from 'kubernetes-types/batch/v1';
import type { Pod, Service } from 'kubernetes-types/core/v1';
import type { EndpointSlice } from 'kubernetes-types/discovery/v1';
import type { Assessment } from '../../../analysis/assessment.ts';
import type { PodsBySide } from '../../../analysis/pod-counters.ts';
import { copyOf, type ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { JobCheck } from '../../../settings/checks/job.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { type ScaledObject, scaledObjects } from '../../../workload/autoscaling/scaled-object.ts';
import { isPodOf } from '../../../workload/pods/owned-by.ts';
import { readyEndpoints } from '../../../workload/ready-endpoints.ts';
import type { HookTask } from '../plan/hooks/tasks.ts';
import type { Plan } from '../plan/plan.ts';
import type { AbortRequest, HookRun } from '../plan/record.ts';
import { type FollowerState, findFollowers, runs } from './followers.ts';
import { findPolicies, type SeenPolicy } from './policies.ts';
import type { RollingPods } from './rolling-pods.ts';

/** The state of the cluster at one moment, and what was measured: all that a decision depends on. */
export interface Snapshot {
  stable: Deployment | undefined;
  canary: Deployment | undefined;
  /** The canary's Services that exist, and the stable Services that they are copies of. */
  services: readonly Service[];
  stableServices: readonly Service[];
  /** The copy of stable to compare the canary with, its pods, and its own Services, if it has any. */
  baseline: Deployment | undefined;
  baselinePods: readonly Pod[];
  baselineServices: readonly Service[];
  /** The plan's objects of the router's kinds. */
  routes: ObjectSource;
  /** All objects of these kinds in the namespace; read only if the requests do not follow the weight. */
  neighbours?: ObjectSource | undefined;
  canaryPods: readonly Pod[];
  /** Stable's pods that run the new image. */
  renewedPods: readonly Pod[];
  /** What is seen of stable's rollout; undefined if this program takes no pod out of its Services. */
  rolling?: RollingPods | undefined;
  /** Ready addresses behind each of the canary's Services, and of the baseline's own. */
  ready: Readonly<Record<string, number>>;
  /** Ready addresses behind each of stable's Services. */
  stableReady: Readonly<Record<string, number>>;
  /** The autoscaler of the plan. */
  autoscaler: HorizontalPodAutoscaler | undefined;
  /** The ScaledObject of the plan, if KEDA scales stable. */
  scaledObject: ScaledObject | undefined;
  /** The workloads that follow, in the plan's order. */
  followers: readonly FollowerState[];
  /** The plan's policies and budgets, with their copies. */
  policies: readonly SeenPolicy[];
  /** The Jobs of the checks that run in this stage; empty if the loop does not watch them. */
  jobs: readonly CheckJob[];
  /** The Jobs around the release; empty if the plan has none. */
  hooks: readonly HookJob[];
  /** The name of an undo's Job whose work a person says to have done. */
  undone?: string | undefined;
  /** What was measured of the canary; undefined if nothing is split. */
  assessment: Assessment | undefined;
  /** Requests on the canary in the last two polls of the router's counters; undefined if they are unknown. */
  recentCanary: number | undefined;
  /** A request to roll back. */
  request: AbortRequest | undefined;
}

/** A check's Job, with its pods (more than one if a node was lost) and the last lines of their logs. */
export interface CheckJob {
  check: JobCheck;
  /** The name of the Job. */
  name: string;
  /** The name of the step that it belongs to, for people; absent if it runs before the first user. */
  step?: string;
  /** undefined until it is created. */
  job: Job | undefined;
  pods: readonly Pod[];
  lines: readonly string[];
}

/** A Job of `before`, `after` or an undo, as the record and the cluster know it. */
export interface HookJob extends CheckJob {
  task: HookTask;
  run: HookRun | undefined;
}

/** Takes the objects of the plan out of a source. */
export function takeSnapshot(
  source: ObjectSource,
  plan: Plan,
  router: TrafficRouter,
  request: AbortRequest | undefined,
): Snapshot {
  const deployments = source.all(kinds.deployments);
  const pods = podsOf(plan, source);
  const [stable] = deployments.filter(({ metadata }) => metadata?.name === plan.workload);
  const services = plan.services.map(({ canary }) => canary);
  const readyOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, readyAddresses(source.all(kinds.endpointSlices), name)]));
  const ofBaseline = plan.baseline?.services.map(({ baseline }) => baseline) ?? [];
  return {
    stable,
    canary: named(deployments, [plan.canary])[0],
    services: named(source.all(kinds.services), services),
    stableServices: named(
      source.all(kinds.services),
      plan.services.map(({ stable }) => stable),
    ),
    baseline: plan.baseline && named(deployments, [plan.baseline.deployment])[0],
    baselinePods: pods.baseline,
    baselineServices: named(source.all(kinds.services), ofBaseline),
    routes: copyOf(source, router.resources),
    canaryPods: pods.canary,
    renewedPods: pods.stable.filter((pod) => runs(pod, plan.containers, plan.to)),
    ready: readyOf([...services, ...ofBaseline]),
    stableReady: readyOf(plan.services.map(({ stable }) => stable)),
    ...heldOf(plan.autoscaler, source),
    followers: findFollowers(source, plan),
    policies: findPolicies(source, plan, stable?.spec?.replicas ?? 1),
    jobs: [],
    hooks: [],
    assessment: undefined,
    recentCanary: undefined,
    request,
  };
}

function named<T extends kinds.KubeObject>(objects: readonly T[], names: readonly string[]): T[] {
  return objects.filter((each) => names.includes(each.metadata?.name ?? ''));
}

/** Only the kind that the plan holds is watched. */
function heldOf(
  held: Plan['autoscaler'],
  source: ObjectSource,
): Pick<Snapshot, 'autoscaler' | 'scaledObject'> {
  const isKeda = held?.kind === 'ScaledObject';
  return {
    autoscaler: held && !isKeda ? named(source.all(kinds.autoscalers), [held.name])[0] : undefined,
    scaledObject: held && isKeda ? named(source.all(scaledObjects), [held.name])[0] : undefined,
  };
}

/** Number of ready addresses of a Service. An address in two slices counts once. */
function readyAddresses(slices: readonly EndpointSlice[], service: string): number {
  return new Set(readyEndpoints(slices, service).flatMap(({ addresses }) => addresses)).size;
}

/** The pods of each version, by their owner: another workload may have all of their labels. */
export function podsOf({ workload, canary, baseline }: Plan, source: ObjectSource): PodsBySide {
  const of = (deployment: string) => source.all(kinds.pods).filter((pod) => isPodOf(pod, deployment));
  return {
    stable: of(workload),
    canary: of(canary),
    baseline: baseline ? of(baseline.deployment) : [],
  };
}
