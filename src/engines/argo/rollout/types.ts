import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1';
import { type KubeObject, resource } from '../../../cluster/resource.ts';
import type { GATEWAY_PLUGIN, GatewayPlugin } from './gateway-types.ts';

/**
 * A Rollout, as far as this program uses it (argoproj/argo-rollouts, pkg/apis/rollouts/v1alpha1/types.go).
 */
export interface Rollout extends KubeObject {
  kind?: 'Rollout';
  spec?: RolloutSpec;
  status?: RolloutStatus;
}

interface RolloutSpec {
  replicas?: number;
  selector?: LabelSelector;
  template?: PodTemplateSpec;
  workloadRef?: { apiVersion?: string; kind?: string; name?: string; scaleDown?: string };
  paused?: boolean;
  restartAt?: string;
  progressDeadlineSeconds?: number;
  strategy?: { canary?: CanaryStrategy; blueGreen?: BlueGreenStrategy };
}

interface CanaryStrategy {
  canaryService?: string;
  stableService?: string;
  steps?: CanaryStep[];
  trafficRouting?: TrafficRouting;
  analysis?: BackgroundAnalysis;
}

export interface TrafficRouting {
  nginx?: { stableIngress?: string; stableIngresses?: string[] };
  plugins?: { [GATEWAY_PLUGIN]?: GatewayPlugin };
}

/** An analysis that runs in the background, from `startingStep` on. */
export interface BackgroundAnalysis {
  templates?: { templateName?: string }[];
  args?: { name: string; valueFrom?: { podTemplateHashValue?: 'Latest' | 'Stable' } }[];
  startingStep?: number;
}

/** A step. Its one key is its kind. */
export interface CanaryStep {
  setWeight?: number;
  /** Seconds, or a text such as `30s`; without a duration, a person must end the pause. */
  pause?: { duration?: number | string };
  setCanaryScale?: { replicas?: number; weight?: number; matchTrafficWeight?: boolean };
  analysis?: object;
  experiment?: { analyses?: readonly object[] };
  setHeaderRoute?: { name?: string };
  setMirrorRoute?: { name?: string };
  plugin?: { name?: string };
}

interface BlueGreenStrategy {
  activeService?: string;
  previewService?: string;
  autoPromotionEnabled?: boolean;
  autoPromotionSeconds?: number;
  prePromotionAnalysis?: object;
  postPromotionAnalysis?: object;
}

/** The status. Its generations are integers in strings. */
interface RolloutStatus {
  observedGeneration?: string;
  workloadObservedGeneration?: string;
  phase?: string;
  message?: string;
  abort?: boolean;
  abortedAt?: string | null;
  promoteFull?: boolean;
  controllerPause?: boolean;
  pauseConditions?: { reason: string; startTime: string }[] | null;
  conditions?: {
    type: string;
    status?: string;
    reason?: string;
    message?: string;
    lastUpdateTime?: string;
  }[];
  currentPodHash?: string;
  stableRS?: string;
  currentStepIndex?: number | null;
  replicas?: number;
  updatedReplicas?: number;
  availableReplicas?: number;
  restartedAt?: string | null;
  canary?: {
    weights?: { canary?: { weight?: number; podTemplateHash?: string }; stable?: { weight?: number } } | null;
    currentStepAnalysisRunStatus?: RunStatus | null;
    currentBackgroundAnalysisRunStatus?: RunStatus | null;
    currentExperiment?: string;
  };
  blueGreen?: {
    activeSelector?: string;
    previewSelector?: string;
    prePromotionAnalysisRunStatus?: RunStatus | null;
    postPromotionAnalysisRunStatus?: RunStatus | null;
  };
}

/** A run in the Rollout's status. */
interface RunStatus {
  name?: string;
  status?: string;
  message?: string;
}

export interface AnalysisTemplate extends KubeObject {
  kind?: 'AnalysisTemplate';
  spec?: { args?: { name: string }[]; metrics: Metric[] };
}

/** A metric, as far as this program writes it. Limits count measurements; durations have the format of Go. */
export interface Metric {
  name: string;
  interval?: string;
  successCondition?: string;
  failureCondition?: string;
  failureLimit?: number;
  inconclusiveLimit?: number;
  consecutiveErrorLimit?: number;
  provider: {
    prometheus?: { address: string; query: string; headers?: { key: string; value: string }[] };
    web?: {
      url: string;
      headers?: { key: string; value: string }[];
      jsonPath?: string;
      timeoutSeconds?: number;
    };
    job?: { spec: JobSpec };
  };
}

export interface AnalysisRun extends KubeObject {
  kind?: 'AnalysisRun';
  spec?: { metrics?: { name: string; failureCondition?: string; successCondition?: string }[] };
  status?: {
    phase?: string;
    message?: string;
    metricResults?: MetricResult[];
  };
}

export interface MetricResult {
  name: string;
  phase?: string;
  message?: string;
  successful?: number;
  failed?: number;
  inconclusive?: number;
  error?: number;
  measurements?: { phase?: string; value?: string; message?: string; finishedAt?: string }[];
}

export interface Experiment extends KubeObject {
  kind?: 'Experiment';
  status?: {
    phase?: string;
    message?: string;
    templateStatuses?: { name: string; status?: string; message?: string }[];
    analysisRuns?: { name: string; analysisRun?: string; phase?: string; message?: string }[];
  };
}

const GROUP = 'argoproj.io/v1alpha1';
export const rollouts = resource<Rollout>(GROUP, 'rollouts', 'Rollout');
export const analysisTemplates = resource<AnalysisTemplate>(GROUP, 'analysistemplates', 'AnalysisTemplate');
export const analysisRuns = resource<AnalysisRun>(GROUP, 'analysisruns', 'AnalysisRun');
export const experiments = resource<Experiment>(GROUP, 'experiments', 'Experiment');

/**
 * The label that distinguishes the ReplicaSets of a Rollout, and their pods. This program only reads it, and
 * never computes it.
 */
export const HASH_LABEL = 'rollouts-pod-template-hash';

export function hashOf({ metadata }: { metadata?: ObjectMeta }): string | undefined {
  return metadata?.labels?.[HASH_LABEL];
}
