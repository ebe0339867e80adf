import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2';

/** Its own minimum and the one that it is held at, `2 4`: on the autoscaler itself, so that whoever takes over knows. */
const HELD = 'drone-promote/held-minimum';

/**
 * The autoscaler with its minimum held at a count of pods, so that it does not scale stable down while the users are away from it.
 *
 * @returns undefined where there is nothing to do
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

/** The autoscaler with its own minimum again; one that somebody has set meanwhile stays. Undefined where nothing was held. */
export function withOwnMinimum(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler | undefined {
  const [own, minimum] = autoscaler.metadata?.annotations?.[HELD]?.split(' ').map(Number) ?? [];
  if (own === undefined || minimum === undefined) return undefined;
  const current = autoscaler.spec?.minReplicas ?? 1;
  return changed(autoscaler, current === minimum ? own : current, undefined);
}

function changed(
  autoscaler: HorizontalPodAutoscaler,
  minReplicas: number,
  mark: string | undefined,
): HorizontalPodAutoscaler {
  const { [HELD]: _, ...annotations } = autoscaler.metadata?.annotations ?? {};
  return {
    ...autoscaler,
    metadata: {
      ...autoscaler.metadata,
      annotations: { ...annotations, ...(mark === undefined ? {} : { [HELD]: mark }) },
    },
    spec: {
      maxReplicas: minReplicas,
      scaleTargetRef: { kind: '', name: '' },
      ...autoscaler.spec,
      minReplicas,
    },
  };
}
