import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';

/**
 * The annotation with the autoscaler's own minimum and the raised one: `2 4`. A run that takes over reads it
 * there.
 */
const HELD = 'drone-promote/held-minimum';

/**
 * The autoscaler with its minimum raised to a number of pods, so that it does not scale stable down while the
 * canary takes all users.
 *
 * @returns undefined if there is nothing to do
 */
export function withHeldMinimum(
  autoscaler: HorizontalPodAutoscaler,
  count: number,
): HorizontalPodAutoscaler | undefined {
  const own = autoscaler.spec?.minReplicas ?? 1;
  const most = autoscaler.spec?.maxReplicas ?? count;
  const minimum = Math.min(count, most);
  if (own >= minimum) return undefined;
  const before = autoscaler.metadata?.annotations?.[HELD]?.split(' ')[0];
  return changed(autoscaler, minimum, `${before ?? own} ${minimum}`);
}

/**
 * The autoscaler with its own minimum again, unless somebody else changed it. Undefined if it was not raised.
 */
export function withOwnMinimum(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler | undefined {
  const [own, minimum] = autoscaler.metadata?.annotations?.[HELD]?.split(' ').map(Number) ?? [];
  if (own === undefined || minimum === undefined) return undefined;
  const current = autoscaler.spec?.minReplicas ?? 1;
  return changed(autoscaler, current === minimum ? own : current, undefined);
}

function changed(
  autoscaler: HorizontalPodAutoscaler,
  minReplicas: number,
  annotation: string | undefined,
): HorizontalPodAutoscaler {
  const { [HELD]: _, ...annotations } = autoscaler.metadata?.annotations ?? {};
  return {
    ...autoscaler,
    metadata: {
      ...autoscaler.metadata,
      annotations: { ...annotations, ...(annotation === undefined ? {} : { [HELD]: annotation }) },
    },
    spec: {
      maxReplicas: minReplicas,
      scaleTargetRef: { kind: '', name: '' },
      ...autoscaler.spec,
      minReplicas,
    },
  };
}
