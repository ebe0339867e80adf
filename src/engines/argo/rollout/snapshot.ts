import type { Deployment, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Container, Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { OwnerReference } from 'kubernetes-types/meta/v1';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as core from '../../../cluster/resource.ts';
import * as argo from './types.ts';

/** The state of a Rollout and its objects at one moment. Decisions depend on nothing else in the cluster. */
export interface Snapshot {
  rollout: argo.Rollout | undefined;
  /** The Deployment of its `workloadRef`, if it has one. */
  workload: Deployment | undefined;
  /** The ReplicaSets of the Rollout, in the order of their revisions. */
  replicaSets: readonly ReplicaSet[];
  /** All of its pods. */
  pods: readonly Pod[];
  analysisRuns: readonly argo.AnalysisRun[];
  experiments: readonly argo.Experiment[];
  /** The pods of experiments that have not ended. */
  trials: readonly Pod[];
  /** Why the release is bad, by the user's own checks. */
  bad?: string;
}

/**
 * Selects the objects of one Rollout from a source, by owner references, because users may set labels as they
 * like.
 */
export function takeSnapshot(source: ObjectSource, name: string): Snapshot {
  const rollout = source.all(argo.rollouts).find((each) => each.metadata?.name === name);
  const uid = rollout?.metadata?.uid;
  const replicaSets = source
    .all(core.replicaSets)
    .filter((each) => isOwned(each, uid))
    .sort((a, b) => revisionOf(a) - revisionOf(b));
  const experiments = source.all(argo.experiments).filter((each) => isOwned(each, uid));
  const trialSets = experiments
    .filter(isUnderWay)
    .flatMap((each) =>
      source.all(core.replicaSets).filter((set) => isOwned(set, each.metadata?.uid ?? 'none')),
    );
  const runOwners = new Set([uid, ...experiments.map(({ metadata }) => metadata?.uid)]);
  const ref = rollout?.spec?.workloadRef?.name;
  return {
    rollout,
    // without a workloadRef the source has no Deployments
    workload:
      ref === undefined
        ? undefined
        : source.all(core.deployments).find(({ metadata }) => metadata?.name === ref),
    replicaSets,
    pods: podsOf(source, replicaSets),
    analysisRuns: source
      .all(argo.analysisRuns)
      .filter(({ metadata }) => ownersOf(metadata).some((each) => runOwners.has(each))),
    experiments,
    trials: podsOf(source, trialSets),
  };
}

function podsOf(source: ObjectSource, sets: readonly ReplicaSet[]): readonly Pod[] {
  const owners = new Set(sets.map(({ metadata }) => metadata?.uid));
  return source.all(core.pods).filter(({ metadata }) => ownersOf(metadata).some((each) => owners.has(each)));
}

/** Whether an AnalysisRun or an Experiment has no verdict yet. */
export function isUnderWay({ status }: argo.AnalysisRun | argo.Experiment): boolean {
  return ['', 'Pending', 'Running'].includes(status?.phase ?? '');
}

/** The ReplicaSet with a pod hash. */
export function setOf({ replicaSets }: Snapshot, hash: string | undefined): ReplicaSet | undefined {
  return hash ? replicaSets.find((each) => argo.hashOf(each) === hash) : undefined;
}

export function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata?.annotations?.['rollout.argoproj.io/revision'] ?? 0);
}

/** The pod template that has the release: the Rollout's own, or that of its workload. */
export function templateOf({ rollout, workload }: Snapshot): PodTemplateSpec | undefined {
  return rollout?.spec?.workloadRef ? workload?.spec?.template : rollout?.spec?.template;
}

export function containersOf(template: PodTemplateSpec | undefined): Container[] {
  return [...(template?.spec?.initContainers ?? []), ...(template?.spec?.containers ?? [])];
}

/** Whether the containers run these images in a template. */
export function carries(
  template: PodTemplateSpec | undefined,
  images: Readonly<Record<string, string>>,
): boolean {
  const all = containersOf(template);
  return Object.entries(images).every(([name, image]) =>
    all.some((each) => each.name === name && each.image === image),
  );
}

/** The images of some containers of a template, for display. */
export function imagesOf(template: PodTemplateSpec | undefined, names: readonly string[]): string {
  const chosen = containersOf(template).filter(({ name }) => names.includes(name));
  return [...new Set(chosen.map(({ image }) => image ?? ''))].join(', ');
}

function isOwned({ metadata }: core.KubeObject, uid: string | undefined): boolean {
  return uid !== undefined && ownersOf(metadata).includes(uid);
}

function ownersOf(metadata: { ownerReferences?: OwnerReference[] } | undefined): string[] {
  return (metadata?.ownerReferences ?? []).map((owner) => owner.uid);
}
