import type { Service } from 'kubernetes-types/core/v1';

/** The target of a HorizontalPodAutoscaler, of any API version. */
interface Autoscaler {
  metadata?: { name?: string };
  spec?: { scaleTargetRef?: { kind?: string; name?: string } };
}

/** Whether a Service selects pods with these labels. A Service without a selector selects none. */
export function selects({ spec }: Service, labels: Readonly<Record<string, string>>): boolean {
  const selector = Object.entries(spec?.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

/** The autoscaler that scales a Deployment; undefined if none does. */
export function autoscalerFor<A extends Autoscaler>(
  deployment: string,
  autoscalers: readonly A[],
): A | undefined {
  return autoscalers.find(({ spec }) => {
    const { kind, name } = spec?.scaleTargetRef ?? {};
    return kind === 'Deployment' && name === deployment;
  });
}
