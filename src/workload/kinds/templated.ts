import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { CronJob } from 'kubernetes-types/batch/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import * as kinds from '../../cluster/resource.ts';
import { withImages } from '../canary-copy.ts';
import { kindNamed, type WorkloadKind } from '../rolling/kinds.ts';
import { daemonSetStatus, type RolloutStatus, rolloutStatus, statefulSetStatus } from '../rollout-status.ts';

/** The kinds of workloads whose pods have a template, and whose own controller replaces the pods. */
export type TemplatedKind = WorkloadKind | 'CronJob';

/** How the API server addresses each kind. */
export const TEMPLATED: Readonly<Record<TemplatedKind, kinds.Resource<kinds.KubeObject>>> = {
  Deployment: kinds.deployments,
  StatefulSet: kinds.statefulSets,
  DaemonSet: kinds.daemonSets,
  CronJob: kinds.cronJobs,
};

/** The kind for the word of a setting, such as `statefulset`. */
export function kindOf(word: string): TemplatedKind {
  return word === 'cronjob' ? 'CronJob' : kindNamed(word);
}

/** The template of the pods; of a CronJob that of the pods of its Jobs. */
export function templateOf(kind: TemplatedKind, object: kinds.KubeObject): PodTemplateSpec | undefined {
  if (kind === 'CronJob') return (object as CronJob).spec?.jobTemplate.spec?.template;
  return (object as Deployment).spec?.template;
}

/** The object with other images. Containers that are not named keep theirs. */
export function withTemplateImages(
  kind: TemplatedKind,
  object: kinds.KubeObject,
  images: Readonly<Record<string, string>>,
): kinds.KubeObject {
  const template = templateOf(kind, object);
  const changed = { ...template, spec: withImages(template?.spec ?? { containers: [] }, images) };
  if (kind !== 'CronJob')
    return { ...object, spec: { ...(object as Deployment).spec, template: changed } } as kinds.KubeObject;
  const { spec } = object as CronJob;
  const jobTemplate = {
    ...spec?.jobTemplate,
    spec: { ...spec?.jobTemplate.spec, template: changed },
  };
  return { ...object, spec: { ...spec, jobTemplate } } as CronJob;
}

/** The state of the rollout. A CronJob has none: its next Job has the new image. */
export function templatedStatus(kind: TemplatedKind, object: kinds.KubeObject): RolloutStatus {
  switch (kind) {
    case 'Deployment':
      return rolloutStatus(object as Deployment);
    case 'StatefulSet':
      return statefulSetStatus(object as StatefulSet);
    case 'DaemonSet':
      return daemonSetStatus(object as DaemonSet);
    case 'CronJob':
      return { state: 'done', message: 'its next Job has the image' };
  }
}

/** How many pods it wants, for people; undefined for a CronJob. */
export function wantedPods(kind: TemplatedKind, object: kinds.KubeObject): number | undefined {
  if (kind === 'CronJob') return undefined;
  if (kind === 'DaemonSet') return (object as DaemonSet).status?.desiredNumberScheduled ?? 0;
  return (object as Deployment | StatefulSet).spec?.replicas ?? 1;
}

/** The selector of its pods; undefined for a CronJob, whose running Jobs are none of ours. */
export function podSelector(kind: TemplatedKind, object: kinds.KubeObject): LabelSelector | undefined {
  return kind === 'CronJob' ? undefined : (object as Deployment).spec?.selector;
}
