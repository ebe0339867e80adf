import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import type { Step } from '../../../settings/steps.ts';
import type { Pair, Routed } from '../../../traffic/gateway-api/routes.ts';
import { MANAGED_BY, MANAGER, WORKLOAD_LABEL } from '../../../workload/canary-copy.ts';
import { withoutTracking } from '../../../workload/ownership.ts';
import { GATEWAY_PLUGIN } from '../rollout/gateway-types.ts';
import type {
  AnalysisTemplate,
  BackgroundAnalysis,
  CanaryStep,
  Rollout,
  TrafficRouting,
} from '../rollout/types.ts';
import { pluginConfig } from './gateway.ts';

/**
 * The Service that a canary's belongs to; by it what a bootstrap has made is found again, also without its
 * Rollout.
 */
export const STABLE_SERVICE = 'drone-promote/stable-service';

/** What of the namespace a Rollout is made from. */
export interface Base {
  deployment: Deployment;
  /** The Service of its users; none: the canary is split by the number of its pods. */
  service: Service | undefined;
  /** The Ingresses of ingress-nginx that send to it. */
  ingresses: readonly Ingress[];
  /** The routes of Gateway API that send to it. */
  routes: readonly Routed[];
  steps: readonly Step[];
}

/**
 * The template of an analysis, and how the Rollout's canary uses it: beside its steps, from the end of the
 * first weight on.
 */
export interface Analysis {
  template: AnalysisTemplate;
  used: BackgroundAnalysis;
}

/** What is made, and of what. */
export interface Made {
  base: Base;
  rollout: Rollout;
  canaryService: Service | undefined;
  analysis: Analysis | undefined;
}

/**
 * The objects that make a Rollout of a Deployment, by its `workloadRef`. Its `scaleDown` is left out: the
 * controller would end the Deployment's pods while the router still sends users to them (it does not wait for
 * it); that is done here, afterwards.
 */
export function bootstrapObjects(base: Base, analysis?: Analysis): Made {
  const { deployment, service, steps } = base;
  const { metadata, spec } = deployment;
  const name = metadata?.name ?? '';
  const labels = labelsOf(deployment);
  const canaryService = service && canaryOf(service, labels);
  const trafficRouting = routingOf(base);
  return {
    base,
    analysis,
    canaryService,
    rollout: {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name, labels },
      spec: {
        replicas: spec?.replicas ?? 1,
        selector: spec?.selector ?? {},
        workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        ...(spec?.minReadySeconds ? { minReadySeconds: spec.minReadySeconds } : {}),
        strategy: {
          canary: {
            ...(service && canaryService
              ? {
                  stableService: service.metadata?.name ?? '',
                  canaryService: canaryService.metadata?.name ?? '',
                  ...(trafficRouting ? { trafficRouting } : {}),
                }
              : {}),
            steps: canarySteps(steps),
            ...(analysis ? { analysis: analysis.used } : {}),
          },
        },
      },
    },
  };
}

/** Argo Rollouts gives the same weight to every router that it finds here. */
function routingOf({ deployment, ingresses, routes }: Base): TrafficRouting | undefined {
  if (ingresses.length === 0 && routes.length === 0) return undefined;
  const names = ingresses.map(({ metadata }) => metadata?.name ?? '');
  // the one is the older field, which every version knows
  const [only = ''] = names;
  const nginx = names.length === 1 ? { stableIngress: only } : { stableIngresses: names };
  return {
    ...(names.length > 0 ? { nginx } : {}),
    ...(routes.length > 0
      ? { plugins: { [GATEWAY_PLUGIN]: pluginConfig(routes, deployment.metadata?.namespace) } }
      : {}),
  };
}

/** By which what is made here is told from what others made. */
export function labelsOf({ metadata }: Deployment): Record<string, string> {
  return {
    ...withoutTracking(metadata?.labels),
    [MANAGED_BY]: MANAGER,
    [WORKLOAD_LABEL]: metadata?.name ?? '',
  };
}

/** The same ports and pods; the controller narrows its selector to the canary's. */
function canaryOf({ metadata, spec }: Service, labels: Record<string, string>): Service {
  const ports = spec?.ports?.map(({ nodePort: _, ...port }) => port);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: canaryName(metadata?.name),
      labels,
      annotations: { [STABLE_SERVICE]: metadata?.name ?? '' },
    },
    spec: { selector: spec?.selector ?? {}, ...(ports ? { ports } : {}) },
  };
}

/**
 * The Service of the users and that of the canary; undefined where the canary is split by the number of its
 * pods.
 */
export function pairOf(service: Service | undefined): Pair | undefined {
  const stable = service?.metadata?.name;
  return stable === undefined ? undefined : { stable, canary: canaryName(stable) };
}

export const canaryName = (service = ''): string => `${service}-canary`;

export function canarySteps(steps: readonly Step[]): CanaryStep[] {
  return steps.flatMap(canaryStep);
}

function canaryStep(step: Step): CanaryStep[] {
  if (step.kind === 'hold') return [{ pause: {} }];
  const pause = step.holdMs > 0 ? [{ pause: { duration: `${Math.ceil(step.holdMs / 1000)}s` } }] : [];
  return [{ setWeight: step.weight }, ...pause];
}
