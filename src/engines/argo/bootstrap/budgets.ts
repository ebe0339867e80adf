import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1';
import { selectorMatches } from '../../../workload/selectors/label-selector.ts';

interface Budget {
  metadata?: ObjectMeta;
  spec?: { selector?: LabelSelector };
}

/**
 * Describes the effect on the PodDisruptionBudgets that select a workload's pods. Pure. A Rollout's pods keep
 * the template's labels, so a budget still selects them. It expects the sum over the ReplicaSets, because the
 * disruption controller follows owners up to a Deployment only (kubernetes, pkg/controller/disruption,
 * getPodReplicaSet).
 *
 * @param labels the labels of the pod template
 */
export function budgetLines(budgets: readonly Budget[], labels: Readonly<Record<string, string>>): string[] {
  return budgets
    .filter(({ spec }) => spec?.selector && selectorMatches(spec.selector, labels))
    .map(
      ({ metadata }) =>
        `PodDisruptionBudget/${metadata?.name} also selects the Rollout's pods, because they have the same labels. It counts old and new release together. You need not change anything.`,
    );
}
