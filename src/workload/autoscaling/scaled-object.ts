import { autoscalers, type KubeObject, type Resource, resource } from '../../cluster/resource.ts';

/** A ScaledObject of KEDA, with the fields that this program reads (keda.sh/docs, "ScaledObject specification"). */
export interface ScaledObject extends KubeObject {
  spec?: { scaleTargetRef?: { kind?: string; name?: string } };
}

export const scaledObjects = resource<ScaledObject>('keda.sh/v1alpha1', 'scaledobjects', 'ScaledObject');

/** The ScaledObject that scales a Deployment; undefined if none does. The kind of its target is `Deployment` by default. */
export function scaledObjectFor(deployment: string, all: readonly ScaledObject[]): ScaledObject | undefined {
  return all.find(({ spec }) => {
    const { kind = 'Deployment', name } = spec?.scaleTargetRef ?? {};
    return kind === 'Deployment' && name === deployment;
  });
}

/** The resource of what is held. Records of older versions have no kind, and mean a HorizontalPodAutoscaler. */
export function autoscalerResource({ kind }: { kind?: 'ScaledObject' }): Resource<KubeObject> {
  return (kind === 'ScaledObject' ? scaledObjects : autoscalers) as Resource<KubeObject>;
}

/** KEDA scales to this number of pods, and no further, for as long as the annotation is there. */
const PAUSED_AT = 'autoscaling.keda.sh/paused-replicas';
/** `true`: KEDA leaves the number of pods as it is. */
const PAUSED = 'autoscaling.keda.sh/paused';
/** The number at which this program has paused it. A run that takes over reads it there. */
const HELD = 'drone-promote/held-replicas';

/**
 * The ScaledObject, paused at a number of pods, so that KEDA does not scale stable down while it has fewer users.
 *
 * @returns undefined if there is nothing to do: it is paused, by this program or by somebody else
 */
export function pausedAt(object: ScaledObject, count: number): ScaledObject | undefined {
  const { annotations = {} } = object.metadata ?? {};
  const held = annotations[HELD];
  const isTheirs = held === undefined || annotations[PAUSED_AT] !== held;
  if (isTheirs && (annotations[PAUSED_AT] !== undefined || annotations[PAUSED] === 'true')) return undefined;
  if (held === `${count}` && !isTheirs) return undefined;
  return annotated(object, { ...annotations, [PAUSED_AT]: `${count}`, [HELD]: `${count}` });
}

/** The ScaledObject as it was, unless somebody else has paused it meanwhile. Undefined if this program did not pause it. */
export function resumed(object: ScaledObject): ScaledObject | undefined {
  const { [HELD]: held, ...rest } = object.metadata?.annotations ?? {};
  if (held === undefined) return undefined;
  const { [PAUSED_AT]: at, ...own } = rest;
  return annotated(object, at === held ? own : rest);
}

function annotated(object: ScaledObject, annotations: Record<string, string>): ScaledObject {
  return { ...object, metadata: { ...object.metadata, annotations } };
}
