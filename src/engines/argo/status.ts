import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import type { Cluster } from '../../cluster/client.ts';
import { fixedSource } from '../../cluster/object-source.ts';
import * as core from '../../cluster/resource.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { troublesOf } from '../../workload/trouble.ts';
import { show } from './outcomes.ts';
import { stepName } from './progress.ts';
import { failedLines } from './rollout/analysis-runs.ts';
import { gateOf } from './rollout/gate.ts';
import { isObserved } from './rollout/observed.ts';
import { type Phase, phaseOf } from './rollout/phase.ts';
import { progressOf } from './rollout/progress.ts';
import { containersOf, revisionOf, type Snapshot, takeSnapshot } from './rollout/snapshot.ts';
import { findRollout, wantedNow } from './rollout/template.ts';
import * as argo from './rollout/types.ts';

/**
 * Shows the state of a Rollout as a tree of revisions, with their ReplicaSets, pods and analyses. Writes
 * nothing.
 */
export async function* status(name: string, cluster: Cluster): AsyncGenerator<PromotionEvent, Outcome> {
  const rollout = await findRollout(cluster, name);
  const hashed = { labelSelector: argo.HASH_LABEL };
  const ref = rollout.spec?.workloadRef?.name;
  const [workloads, sets, pods, runs, experiments] = await Promise.all([
    ref === undefined
      ? { items: [] }
      : cluster.list(core.deployments, { fieldSelector: `metadata.name=${ref}` }),
    cluster.list(core.replicaSets, hashed),
    cluster.list(core.pods, hashed),
    cluster.list(argo.analysisRuns),
    cluster.list(argo.experiments),
  ]);
  const source = fixedSource([
    [argo.rollouts, [rollout]],
    [core.deployments, workloads.items],
    [core.replicaSets, sets.items],
    [core.pods, pods.items],
    [argo.analysisRuns, runs.items],
    [argo.experiments, experiments.items],
  ]);
  const seen = takeSnapshot(source, name);
  const phase = phaseNow(seen);
  const progress = progressOf(rollout);
  yield {
    type: 'status',
    title: `Rollout/${name} in ${cluster.namespace}`,
    lines: treeOf(seen),
    images: stableImages(seen),
    ...(progress ? { progress } : {}),
    history: [],
  };
  return {
    kind: 'shown',
    workload: `rollout/${name}`,
    namespace: cluster.namespace,
    reason: `Rollout/${name} is ${phase.name}${phase.message ? `: ${phase.message}` : ''}.`,
    hints: [show({ rollout: name, namespace: cluster.namespace })],
    weight: rollout.status?.canary?.weights?.canary?.weight ?? 0,
  };
}

/** The images of the pods that are stable. */
function stableImages({ rollout, replicaSets }: Snapshot): string[] {
  const stable = replicaSets.find((set) => argo.hashOf(set) === rollout?.status?.stableRS);
  return [...new Set(containersOf(stable?.spec?.template).map(({ image }) => image ?? ''))];
}

/**
 * The phase, or Progressing if the status is about an older template: with a `workloadRef` the status stays
 * Healthy for a moment after a change of the Deployment.
 */
function phaseNow(seen: Snapshot): Phase {
  const phase = phaseOf(seen.rollout ?? {});
  if (phase.name === 'Progressing' || isObserved(seen, wantedNow(seen, {}))) return phase;
  return { name: 'Progressing', message: 'its controller has not processed the newest template yet' };
}

/** The lines of the tree that `kubectl argo rollouts get rollout` prints. Pure. */
export function treeOf(seen: Snapshot): string[] {
  const { rollout, replicaSets, analysisRuns, experiments } = seen;
  const { spec, status } = rollout ?? {};
  const phase = phaseNow(seen);
  const gate = rollout && gateOf(rollout);
  const steps = spec?.strategy?.canary?.steps ?? [];
  const index = status?.currentStepIndex ?? 0;
  const weight = status?.canary?.weights?.canary?.weight;
  return [
    `${phase.name}${phase.message ? `: ${phase.message}` : ''}${gate ? ` (${gate.message})` : ''}`,
    ...(steps.length > 0
      ? [
          `${index} of ${steps.length} steps are done${steps[index] ? `; the current step is ${stepName(steps[index])}` : ''}`,
        ]
      : []),
    ...(weight === undefined ? [] : [`${weight} % of the users are on the canary`]),
    `${status?.updatedReplicas ?? 0} of ${spec?.replicas ?? 1} pods are new`,
    ...replicaSets
      .toReversed()
      .flatMap((set) => [
        `revision ${revisionOf(set)}`,
        ...setLines(set, seen),
        ...runLines('AnalysisRun', analysisRuns, set),
        ...runLines('Experiment', experiments, set),
      ]),
    ...failedLines(seen),
  ];
}

function setLines(set: ReplicaSet, { rollout, pods }: Snapshot): string[] {
  const { status, spec } = rollout ?? {};
  const hash = argo.hashOf(set);
  const { activeSelector, previewSelector } = status?.blueGreen ?? {};
  const roles = [
    hash === status?.stableRS && 'stable',
    hash === status?.currentPodHash &&
      hash !== status?.stableRS &&
      (spec?.strategy?.canary ? 'canary' : 'new'),
    hash !== undefined && hash === activeSelector && 'active',
    hash !== undefined && hash === previewSelector && 'preview',
  ].filter(Boolean);
  const images = containersOf(set.spec?.template).map(({ image }) => image);
  const own = pods.filter((pod) => argo.hashOf(pod) === hash);
  return [
    `  ReplicaSet/${set.metadata?.name} ${set.status?.availableReplicas ?? 0} of ${set.spec?.replicas ?? 0}${roles.length > 0 ? ` (${roles.join(', ')})` : ''}: ${images.join(', ')}`,
    ...own.map(podLine),
  ];
}

function podLine(pod: Pod): string {
  const [trouble] = troublesOf([pod]);
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const state = trouble
    ? `${trouble.reason}: ${trouble.message}`
    : `${pod.status?.phase ?? 'Pending'}${ready ? ', ready' : ''}`;
  return `    Pod/${pod.metadata?.name} ${state}`;
}

function runLines(
  kind: string,
  runs: readonly (argo.AnalysisRun | argo.Experiment)[],
  set: ReplicaSet,
): string[] {
  return runs
    .filter((run) => argo.hashOf(run) === argo.hashOf(set))
    .map((run) => `  ${kind}/${run.metadata?.name} ${run.status?.phase ?? 'Pending'}`);
}
