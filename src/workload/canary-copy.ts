import type { Deployment } from 'kubernetes-types/apps/v1';
import type { PodSpec } from 'kubernetes-types/core/v1';
import type { LabelSelector } from 'kubernetes-types/meta/v1';
import type { KubeObject } from '../cluster/resource.ts';
import type { Refusal } from '../errors.ts';
import { labelValueOf } from './names.ts';
import { sharedLabels, withoutTracking } from './ownership.ts';

/**
 * The label that tells the canary's pods from the stable ones. Its key is in the selector of every Service.
 */
export interface SplitLabel {
  key: string;
  stable: string;
  canary: string;
}

/** Marks the objects that this program creates, so that it finds them again and touches no others. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const MANAGER = 'drone-promote';
export const WORKLOAD_LABEL = 'drone-promote/workload';

/** The labels of an object that this program creates for a workload. */
export function ownLabels(workload: string): Record<string, string> {
  return { [MANAGED_BY]: MANAGER, [WORKLOAD_LABEL]: labelValueOf(workload) };
}

/** Whether this program created an object; with a workload, whether it did for that one. */
export function isOurs({ metadata }: KubeObject, workload?: string): boolean {
  const { [MANAGED_BY]: manager, [WORKLOAD_LABEL]: of } = metadata?.labels ?? {};
  return manager === MANAGER && (workload === undefined || of === labelValueOf(workload));
}

/**
 * Refuses if objects with these names already exist, and this program did not create them for the workload.
 *
 * @param kind of the objects, for the message
 */
export function nameTaken(
  kind: string,
  names: readonly string[],
  objects: readonly KubeObject[],
  workload: string,
): Refusal[] {
  return objects
    .filter((object) => names.includes(object.metadata?.name ?? '') && !isOurs(object, workload))
    .map(({ metadata }) => ({
      code: 'name-taken',
      message: `${kind}/${metadata?.name} already exists, but drone-promote did not create it for this workload.`,
      hint: 'The canary needs that name: rename or remove the object.',
    }));
}

/**
 * The canary's Deployment: stable's template with the new image and one changed label, so that no stable
 * Service selects its pods. All other labels of the pods stay, because a NetworkPolicy or a Service may
 * select by any of them. Affinity and topology-spread terms that select the stable pods select the canary's
 * pods instead. It has no annotations of stable's, because they may be marks by which a tool knows its own.
 *
 * @param images new image by container name
 * @param readySeconds for so long a pod has to be ready before it counts as available; stable's own if that is
 * longer
 */
export function canaryDeployment(
  stable: Deployment,
  name: string,
  label: SplitLabel,
  images: Readonly<Record<string, string>>,
  replicas: number,
  readySeconds = 0,
): Deployment {
  const template = stable.spec?.template;
  const minReadySeconds = Math.max(readySeconds, stable.spec?.minReadySeconds ?? 0);
  const podLabels = { ...template?.metadata?.labels, [label.key]: label.canary };
  const shared = sharedLabels(stable);
  const { annotations: _annotations, ...podMetadata } = template?.metadata ?? {};
  const podAnnotations = withoutTracking(template?.metadata?.annotations);
  const { revisionHistoryLimit: _, ...spec } = stable.spec ?? { selector: {}, template: {} };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      ...(stable.metadata?.namespace === undefined ? {} : { namespace: stable.metadata.namespace }),
      labels: {
        ...shared,
        ...(shared[label.key] === undefined ? {} : { [label.key]: label.canary }),
        ...ownLabels(stable.metadata?.name ?? ''),
      },
    },
    spec: {
      ...spec,
      replicas,
      ...(minReadySeconds > 0 ? { minReadySeconds } : {}),
      revisionHistoryLimit: 0,
      selector: canarySelector(stable.spec?.selector ?? {}, label),
      template: {
        metadata: { ...podMetadata, labels: podLabels, ...filled('annotations', podAnnotations) },
        spec: followLabel(withImages(template?.spec ?? { containers: [] }, images), label),
      },
    },
  };
}

function filled<K extends string>(
  key: K,
  map: Record<string, string>,
): { [P in K]?: Record<string, string> } {
  return Object.keys(map).length > 0 ? ({ [key]: map } as { [P in K]: Record<string, string> }) : {};
}

/** The pod spec with new images. Containers that are not named keep theirs. */
export function withImages(spec: PodSpec, images: Readonly<Record<string, string>>): PodSpec {
  const renew = <C extends { name: string }>(container: C): C =>
    Object.hasOwn(images, container.name) ? { ...container, image: images[container.name] } : container;
  return {
    ...spec,
    containers: spec.containers.map(renew),
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(renew) } : {}),
  };
}

/** The selector with the label's new value. An expression on that key is replaced by the new value. */
export function canarySelector(selector: LabelSelector, label: SplitLabel): LabelSelector {
  const expressions = selector.matchExpressions?.filter((expression) => expression.key !== label.key);
  return {
    matchLabels: { ...selector.matchLabels, [label.key]: label.canary },
    ...(expressions?.length ? { matchExpressions: expressions } : {}),
  };
}

/** Affinity and spread terms that select the stable pods select the canary's pods instead. */
function followLabel(spec: PodSpec, label: SplitLabel): PodSpec {
  const { affinity, topologySpreadConstraints } = spec;
  return {
    ...spec,
    ...(affinity ? { affinity: renameIn(affinity, label) } : {}),
    ...(topologySpreadConstraints
      ? { topologySpreadConstraints: renameIn(topologySpreadConstraints, label) }
      : {}),
  };
}

/** Changes the label in every `labelSelector` below a node, at any depth. */
function renameIn<T>(node: T, label: SplitLabel): T {
  if (Array.isArray(node)) return node.map((each) => renameIn(each, label)) as T;
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'labelSelector' ? renameLabel(value, label) : renameIn(value, label),
    ]),
  ) as T;
}

function renameLabel(selector: LabelSelector, label: SplitLabel): LabelSelector {
  const swap = (value: string) => (value === label.stable ? label.canary : value);
  const { matchLabels, matchExpressions } = selector;
  return {
    ...selector,
    ...(matchLabels && Object.hasOwn(matchLabels, label.key)
      ? { matchLabels: { ...matchLabels, [label.key]: swap(matchLabels[label.key] ?? '') } }
      : {}),
    ...(matchExpressions
      ? {
          matchExpressions: matchExpressions.map((expression) =>
            expression.key === label.key && expression.values
              ? { ...expression, values: expression.values.map(swap) }
              : expression,
          ),
        }
      : {}),
  };
}
