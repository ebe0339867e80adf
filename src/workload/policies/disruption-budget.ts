import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1';
import { canarySelector, ownLabels, type SplitLabel } from '../canary-copy.ts';

/**
 * The budget of the canary's pods. It says how many may be missing, and not how many must be there: with
 * `minAvailable: 2` no node could be drained while the canary has one pod.
 *
 * @param replicas how many pods stable has
 */
export function budgetCopy(
  { metadata, spec }: PodDisruptionBudget,
  name: string,
  workload: string,
  label: SplitLabel,
  replicas: number,
): PodDisruptionBudget {
  const { minAvailable, maxUnavailable, selector, ...rest } = spec ?? {};
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: {
      name,
      ...(metadata?.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: ownLabels(workload),
    },
    spec: {
      ...rest,
      maxUnavailable: maxUnavailable ?? missing(minAvailable, replicas),
      selector: canarySelector(selector ?? {}, label),
    },
  };
}

function missing(minAvailable: number | string | undefined, replicas: number): number | string {
  if (typeof minAvailable !== 'string') return Math.max(0, replicas - (minAvailable ?? 1));
  return `${Math.max(0, 100 - Number.parseInt(minAvailable, 10))}%`;
}
