import type { ReplicaSet } from 'kubernetes-types/apps/v1';
import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { carries, type Snapshot, setOf } from './snapshot.ts';
import { HASH_LABEL } from './types.ts';

/**
 * The annotation with the labels and annotations that the controller has put into a ReplicaSet's pods
 * (`canaryMetadata`, `stableMetadata`).
 */
const EPHEMERAL = 'rollout.argoproj.io/ephemeral-metadata';

/**
 * The whole template of the revision that ran these images; undefined if no such revision is kept. The stable
 * one comes first, because the controller goes back to it at once; then the newest.
 */
export function revisionWith(
  seen: Snapshot,
  images: Readonly<Record<string, string>>,
): PodTemplateSpec | undefined {
  const stable = setOf(seen, seen.rollout?.status?.stableRS);
  const sets = [...(stable ? [stable] : []), ...seen.replicaSets.toReversed()];
  const set = sets.find((each) => carries(each.spec?.template, images));
  return set && templateBehind(set);
}

/** The template of the stable revision; undefined if there is none. */
export function stableTemplate(seen: Snapshot): PodTemplateSpec | undefined {
  const stable = setOf(seen, seen.rollout?.status?.stableRS);
  return stable && templateBehind(stable);
}

/** The template that a ReplicaSet was made from, without what the controller has added. */
function templateBehind({ metadata, spec }: ReplicaSet): PodTemplateSpec {
  const { labels = {}, annotations = {} } = ephemeral(metadata?.annotations?.[EPHEMERAL]);
  const { metadata: pod, ...rest } = spec?.template ?? {};
  return {
    ...rest,
    metadata: {
      ...pod,
      labels: without(pod?.labels, [HASH_LABEL, ...Object.keys(labels)]),
      ...(pod?.annotations ? { annotations: without(pod.annotations, Object.keys(annotations)) } : {}),
    },
  };
}

function ephemeral(text: string | undefined): { labels?: object; annotations?: object } {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
}

function without(map: Record<string, string> | undefined, keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(map ?? {}).filter(([key]) => !keys.includes(key)));
}
