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
import { readyEndpoints } from '../../../workload/ready-endpoints.ts';
import type { Plan } from '../plan/plan.ts';
import type { AbortRequest } from '../plan/record.ts';

/** What is seen of the cluster at one moment; all that a decision is made on. */
export interface Snapshot {
  stable: Deployment | undefined;
  canary: Deployment | undefined;
  /** The canary's Services that exist, and the stable ones they are made from. */
  services: readonly Service[];
  stableServices: readonly Service[];
  /** The copy of stable that the canary is compared with, its pods, and its own Services where it has any. */
  baseline: Deployment | undefined;
  baselinePods: readonly Pod[];
  baselineServices: readonly Service[];
  /** The objects of the router's kinds. */
  routes: ObjectSource;
  canaryPods: readonly Pod[];
  /** Stable's pods that run the new image. */
  renewedPods: readonly Pod[];
  /** Ready addresses behind each of the canary's Services, and of the baseline's own. */
  ready: Readonly<Record<string, number>>;
  /** Ready addresses behind each of stable's Services. */
  stableReady: Readonly<Record<string, number>>;
  /** The autoscaler of the plan. */
  autoscaler: HorizontalPodAutoscaler | undefined;
  /** The Jobs of the plan's checks that exist, where they are looked at. */
  jobs: readonly CheckJob[];
  /** What the router's counters say; undefined where they cannot be had. */
  opinion: Assessment | undefined;
  /** Requests on the canary in the last two seconds, by the router's counters. */
  recentCanary: number | undefined;
  /** Somebody asks for the end of the promotion. */
  request: AbortRequest | undefined;
}

/** A check's Job as it is, with its pods (one, or more where nodes went) and the last lines that they printed. */
export interface CheckJob {
  check: JobCheck;
  /** undefined until it is made. */
  job: Job | undefined;
  pods: readonly Pod[];
  lines: readonly string[];
}

/** Picks out of a source what the plan is about. */
export function takeSnapshot(
  source: ObjectSource,
  plan: Plan,
  router: TrafficRouter,
  request: AbortRequest | undefined,
): Snapshot {
  const deployments = source.all(kinds.deployments);
  const pods = source.all(kinds.pods);
  const labelled = (value: string) => pods.filter((pod) => pod.metadata?.labels?.[plan.label.key] === value);
  const named = <T extends kinds.KubeObject>(objects: readonly T[], names: readonly string[]): T[] =>
    objects.filter((each) => names.includes(each.metadata?.name ?? ''));
  const services = plan.services.map(({ canary }) => canary);
  const readyOf = (names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, readyAddresses(source.all(kinds.endpointSlices), name)]));
  const ofBaseline = plan.baseline?.services.map(({ baseline }) => baseline) ?? [];
  return {
    stable: named(deployments, [plan.workload])[0],
    canary: named(deployments, [plan.canary])[0],
    services: named(source.all(kinds.services), services),
    stableServices: named(
      source.all(kinds.services),
      plan.services.map(({ stable }) => stable),
    ),
    baseline: plan.baseline && named(deployments, [plan.baseline.deployment])[0],
    baselinePods: baselinePods(pods, plan),
    baselineServices: named(source.all(kinds.services), ofBaseline),
    routes: copyOf(source, router.resources),
    canaryPods: labelled(plan.label.canary),
    renewedPods: labelled(plan.label.stable).filter((pod) => runs(pod, plan)),
    ready: readyOf([...services, ...ofBaseline]),
    stableReady: readyOf(plan.services.map(({ stable }) => stable)),
    autoscaler: plan.autoscaler ? named(source.all(kinds.autoscalers), [plan.autoscaler.name])[0] : undefined,
    jobs: [],
    opinion: undefined,
    recentCanary: undefined,
    request,
  };
}

/** The pods of the plan's baseline; those behind stable's Services have stable's labels too. */
function baselinePods(pods: readonly Pod[], { baseline }: Plan): Pod[] {
  if (!baseline) return [];
  const { key, value } = baseline.label;
  return pods.filter(({ metadata }) => metadata?.labels?.[key] === value);
}

function runs(pod: Pod, plan: Plan): boolean {
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].some(
    (container) => plan.containers.includes(container.name) && container.image === plan.to,
  );
}

/** Addresses of a Service that may be sent to; one that stands in two slices counts once. */
function readyAddresses(slices: readonly EndpointSlice[], service: string): number {
  return new Set(readyEndpoints(slices, service).flatMap(({ addresses }) => addresses)).size;
}

/** The pods of each version; those of the baseline are not among stable's. */
export function podsOf(plan: Plan, source: ObjectSource): PodsBySide {
  const labelled = (value: string): Pod[] =>
    source.all(kinds.pods).filter((pod) => pod.metadata?.labels?.[plan.label.key] === value);
  // behind the stable Services they have stable's label too
  const baseline = baselinePods(source.all(kinds.pods), plan);
  return {
    stable: labelled(plan.label.stable).filter((pod) => !baseline.includes(pod)),
    canary: labelled(plan.label.canary),
    baseline,
  };
}
