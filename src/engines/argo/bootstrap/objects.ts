import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Service } from 'kubernetes-types/core/v1';
import type { Ingress } from 'kubernetes-types/networking/v1';
import type { Step } from '../../../settings/steps.ts';
import type { Routed } from '../../../traffic/gateway-api/routes.ts';
import type { ServicePair } from '../../../traffic/split.ts';
import { ownLabels } from '../../../workload/canary-copy.ts';
import { sharedLabels } from '../../../workload/ownership.ts';
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
 * Annotation of a canary Service: the name of the stable one. It identifies what a bootstrap made, even
 * without its Rollout.
 */
export const STABLE_SERVICE = 'drone-promote/stable-service';

/** The objects that a Rollout is made from. */
export interface Base {
  deployment: Deployment;
  /** The Service of its users; undefined if there is none: then the number of pods splits the canary. */
  service: Service | undefined;
  /** The Ingresses of ingress-nginx that send to it. */
  ingresses: readonly Ingress[];
  /** The routes of Gateway API that send to it. */
  routes: readonly Routed[];
  steps: readonly Step[];
}

/**
 * The template of an analysis, and how the Rollout's canary uses it: in the background, from the end of the
 * first weight on.
 */
export interface Analysis {
  template: AnalysisTemplate;
  used: BackgroundAnalysis;
}

/** The objects that a bootstrap makes, and their origin. */
export interface Made {
  base: Base;
  rollout: Rollout;
  canaryService: Service | undefined;
  analysis: Analysis | undefined;
}

/**
 * The objects that make a Rollout from a Deployment, by `workloadRef`. It has no `scaleDown`, because the
 * controller does not wait for the router and would end pods that still get users. The bootstrap scales the
 * Deployment down at its end.
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

/** The traffic routing. Argo Rollouts gives the same weight to every router in it. */
function routingOf({ deployment, ingresses, routes }: Base): TrafficRouting | undefined {
  if (ingresses.length === 0 && routes.length === 0) return undefined;
  const names = ingresses.map(({ metadata }) => metadata?.name ?? '');
  // every version knows the older field, for one name
  const [only = ''] = names;
  const nginx = names.length === 1 ? { stableIngress: only } : { stableIngresses: names };
  return {
    ...(names.length > 0 ? { nginx } : {}),
    ...(routes.length > 0
      ? { plugins: { [GATEWAY_PLUGIN]: pluginConfig(routes, deployment.metadata?.namespace) } }
      : {}),
  };
}

/** The labels of every object that a bootstrap makes. */
export function labelsOf(deployment: Deployment): Record<string, string> {
  return { ...sharedLabels(deployment), ...ownLabels(deployment.metadata?.name ?? '') };
}

/**
 * The canary Service, with the same ports and selector. The controller narrows its selector to the canary's
 * pods.
 */
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

/** The Service of the users and that of the canary; undefined if there is no Service. */
export function pairOf(service: Service | undefined): ServicePair | undefined {
  const stable = service?.metadata?.name;
  return stable === undefined ? undefined : { stable, canary: canaryName(stable) };
}

export const canaryName = (service = ''): string => `${service}-canary`;

export function canarySteps(steps: readonly Step[]): CanaryStep[] {
  return steps.flatMap(canaryStep);
}

function canaryStep(step: Step): CanaryStep[] {
  const { holdMs = 0 } = step;
  const pause = holdMs > 0 ? [{ pause: { duration: `${Math.ceil(holdMs / 1000)}s` } }] : [];
  if (step.kind === 'hold') return pause.length > 0 ? pause : [{ pause: {} }];
  return [{ setWeight: step.weight }, ...pause];
}
