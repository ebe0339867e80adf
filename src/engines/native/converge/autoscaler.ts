import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';
import { autoscalers } from '../../../cluster/resource.ts';
import type { Write } from '../../../cluster/write.ts';
import { withHeldMinimum, withOwnMinimum } from '../../../workload/autoscaling/held-minimum.ts';
import {
  pausedAt,
  resumed,
  type ScaledObject,
  scaledObjects,
} from '../../../workload/autoscaling/scaled-object.ts';
import { update } from './decision.ts';

/** A write that holds or releases what scales stable, and its text for people. */
interface AutoscalerWrite {
  write: Write;
  text: string;
}

/** @param count the number of pods to hold; undefined to release. @returns undefined if there is nothing to do */
export function writeAutoscaler(
  autoscaler: HorizontalPodAutoscaler,
  count: number | undefined,
): AutoscalerWrite | undefined {
  const object = count === undefined ? withOwnMinimum(autoscaler) : withHeldMinimum(autoscaler, count);
  if (!object) return undefined;
  const text = `minimum ${autoscaler.spec?.minReplicas ?? 1} → ${object.spec?.minReplicas}`;
  return { write: update(autoscalers, autoscaler, object), text };
}

/** The same for a ScaledObject. KEDA owns the HorizontalPodAutoscaler then, and would put its minimum back. */
export function writeScaledObject(
  scaledObject: ScaledObject,
  count: number | undefined,
): AutoscalerWrite | undefined {
  const object = count === undefined ? resumed(scaledObject) : pausedAt(scaledObject, count);
  if (!object) return undefined;
  const text = count === undefined ? 'KEDA scales again' : `KEDA pauses at ${count} pods`;
  return { write: update(scaledObjects, scaledObject, object), text };
}
