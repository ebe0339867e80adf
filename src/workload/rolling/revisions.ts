import { isDeepStrictEqual } from 'node:util';
import type { ControllerRevision, ReplicaSet } from 'kubernetes-types/apps/v1';
import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import { controllerRevisions, type KubeObject, type Resource, replicaSets } from '../../cluster/resource.ts';
import { type Workload, type WorkloadKind, workloadLabels } from './kinds.ts';

/** What keeps the earlier templates of a workload. */
export type Revision = ControllerRevision | ReplicaSet;

/** The label by which a Deployment knows the pods of a revision, and the one of the other kinds. */
const HASH = 'pod-template-hash';
const REVISION_HASH = 'controller-revision-hash';

/** The kind of object in which a workload keeps its templates. */
export function revisionsOf(kind: WorkloadKind = 'Deployment'): Resource<Revision> {
  return (kind === 'Deployment'
    ? replicaSets
    : controllerRevisions) as Resource<KubeObject> as Resource<Revision>;
}

/**
 * The template that a revision keeps; undefined if its data has none. The data of a ControllerRevision is the patch
 * `{"spec":{"template":{…,"$patch":"replace"}}}` (kubernetes, pkg/controller/statefulset/stateful_set_utils.go, getPatch, and
 * pkg/controller/daemon/update.go). A ReplicaSet has the label of its hash in the template.
 */
export function templateOf(revision: Revision): PodTemplateSpec | undefined {
  const { data, spec } = revision as ControllerRevision & ReplicaSet;
  if (spec?.template) {
    const { [HASH]: _, ...labels } = spec.template.metadata?.labels ?? {};
    return { ...spec.template, metadata: { ...spec.template.metadata, labels } };
  }
  const template = (data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined)?.spec
    ?.template;
  if (!template) return undefined;
  const { $patch: _, ...rest } = template;
  return rest;
}

/** Whether two templates are the same. Fields that are null say nothing. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return isDeepStrictEqual(withoutNulls(a), withoutNulls(b));
}

/**
 * Whether a template is what was written: the same labels and annotations, and all that its spec said. The API server fills
 * in what a spec does not say.
 */
export function isWritten(written: PodTemplateSpec, stored: PodTemplateSpec | undefined): boolean {
  const [before, now] = [withoutNulls(written), withoutNulls(stored)] as [PodTemplateSpec, PodTemplateSpec?];
  return isDeepStrictEqual(before.metadata, now?.metadata) && has(now?.spec, before.spec);
}

function has(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part) && Array.isArray(whole))
    return part.length === whole.length && part.every((each, index) => has(whole[index], each));
  if (typeof part !== 'object' || part === null) return whole === part;
  return Object.entries(part).every(([key, value]) =>
    has((whole as Record<string, unknown> | undefined)?.[key], value),
  );
}

/** The revision of the workload's template as it is now; undefined if its controller has not made it yet. */
export function currentRevision(workload: Workload, revisions: readonly Revision[]): Revision | undefined {
  const uid = workload.metadata?.uid;
  return revisions
    .filter(({ metadata }) =>
      metadata?.ownerReferences?.some((owner) => owner.controller && owner.uid === uid),
    )
    .filter((revision) => sameTemplate(templateOf(revision), workload.spec?.template))
    .toSorted((a, b) => numberOf(b) - numberOf(a))[0];
}

/** The value of the label by which the pods of a revision are known. */
export function hashOfRevision(kind: WorkloadKind, { metadata }: Revision): string {
  // a StatefulSet labels its pods with the name of the revision, the others with its hash
  if (kind === 'StatefulSet') return metadata?.name ?? '';
  return metadata?.labels?.[kind === 'Deployment' ? HASH : REVISION_HASH] ?? '';
}

/** The value of that label on a pod; empty if it has none. */
export function hashOfPod(kind: WorkloadKind, { metadata }: Pod): string {
  return metadata?.labels?.[kind === 'Deployment' ? HASH : REVISION_HASH] ?? '';
}

/** A selector for the revisions and the pods of a workload. */
export function selectorOf(workload: Workload): string {
  return Object.entries(workloadLabels(workload))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

function numberOf({ metadata, ...rest }: Revision): number {
  const { revision } = rest as ControllerRevision;
  return revision ?? Number(metadata?.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
}

function withoutNulls(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value, (_, each) => each ?? undefined));
}
