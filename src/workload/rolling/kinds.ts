import type { DaemonSet, Deployment, StatefulSet } from 'kubernetes-types/apps/v1';
import type { Pod } from 'kubernetes-types/core/v1';
import { daemonSets, deployments, type Resource, statefulSets } from '../../cluster/resource.ts';
import { isPodOf } from '../pods/owned-by.ts';

/** The kinds of workload that the native engine promotes. */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet';

/** A workload of one of these kinds; what all of them have is in it. */
export type Workload = Deployment | StatefulSet | DaemonSet;

/** How a plan names its workload. The records of Deployments have no kind. */
export interface NamedWorkload {
  kind?: WorkloadKind;
  workload: string;
}

const RESOURCES = { Deployment: deployments, StatefulSet: statefulSets, DaemonSet: daemonSets } as const;

/** The resource of a kind. */
export function resourceOf(kind: WorkloadKind = 'Deployment'): Resource<Workload> {
  return RESOURCES[kind] as Resource<Workload>;
}

/**
 * The reference to a workload by which its lock, its guard and its status know it: a Deployment by its name alone,
 * as all versions of this program have done; another kind as `statefulset/NAME`.
 */
export function referenceOf({ kind = 'Deployment', workload }: NamedWorkload): string {
  return kind === 'Deployment' ? workload : `${kind.toLowerCase()}/${workload}`;
}

/** The kind that the setting `workload` names; a Deployment if it names none of the others. */
export function kindNamed(word: string | undefined): WorkloadKind {
  if (word === 'statefulset') return 'StatefulSet';
  return word === 'daemonset' ? 'DaemonSet' : 'Deployment';
}

/** The workload of a reference. */
export function workloadIn(reference: string): Required<NamedWorkload> {
  const [word = '', name] = reference.split('/');
  if (name === undefined) return { kind: 'Deployment', workload: word };
  return { kind: kindNamed(word), workload: name };
}

/** `StatefulSet/db`, for people. @param of a reference, or what a plan says */
export function titleOf(of: string | NamedWorkload): string {
  const { kind = 'Deployment', workload } = typeof of === 'string' ? workloadIn(of) : of;
  return `${kind}/${workload}`;
}

/** `statefulset/db`, as the setting `workload` is written. */
export function settingOf({ kind = 'Deployment', workload }: NamedWorkload): string {
  return `${kind.toLowerCase()}/${workload}`;
}

/** Whether a workload made a pod: by the pod's controller, because other workloads may have the same labels. */
export function isPodOfWorkload(pod: Pod, { kind = 'Deployment', workload }: NamedWorkload): boolean {
  if (kind === 'Deployment') return isPodOf(pod, workload);
  return (
    pod.metadata?.ownerReferences?.some(
      (owner) => owner.controller === true && owner.kind === kind && owner.name === workload,
    ) ?? false
  );
}

/** The labels by which a workload selects its pods; its revisions have them too. */
export function workloadLabels({ spec }: Workload): Readonly<Record<string, string>> {
  return spec?.selector.matchLabels ?? {};
}
