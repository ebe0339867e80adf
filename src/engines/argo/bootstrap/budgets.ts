import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1';

interface Budget {
  metadata?: ObjectMeta;
  spec?: { selector?: LabelSelector };
}

/**
 * What becomes of the PodDisruptionBudgets that select a workload's pods, in sentences. Pure. A Rollout's
 * pods keep the template's labels, so they stay selected; how many there should be is then the sum over its
 * ReplicaSets, since the disruption controller does not go up to an owner that is no Deployment (kubernetes,
 * pkg/controller/disruption, getPodReplicaSet).
 *
 * @param labels those of the pods' template
 */
export function budgetLines(budgets: readonly Budget[], labels: Readonly<Record<string, string>>): string[] {
  return budgets
    .filter(({ spec }) => spec?.selector && matches(spec.selector, labels))
    .map(
      ({ metadata }) =>
        `PodDisruptionBudget/${metadata?.name} selects the pods by labels that the Rollout's have, too: it holds for them as it is, old and new release counted together; nothing is to be done.`,
    );
}

/** As the API server matches (apimachinery, LabelSelectorAsSelector); an empty selector matches all. */
function matches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}
