import type { Any, Store, Stored } from '../api-server/store.ts';

/** Where the controller runs: what policies are asked about. */
const CONTROLLER_LABELS = {
  'app.kubernetes.io/name': 'ingress-nginx',
  'app.kubernetes.io/component': 'controller',
};

/**
 * Whether the network lets the ingress controller reach a pod: if a policy selects the pod for Ingress, one of
 * them has to let it in. Ports and addresses are not looked at.
 */
export function letsControllerIn(store: Store, pod: Stored): boolean {
  const policies = store
    .list('networkpolicies', pod.metadata.namespace)
    .filter(({ spec }) => (spec.policyTypes ?? ['Ingress']).includes('Ingress'))
    .filter(({ spec }) => isSelected(spec.podSelector, pod.metadata.labels ?? {}));
  const rules: Any[] = policies.flatMap(({ spec }) => spec.ingress ?? []);
  return policies.length === 0 || rules.some(({ from }) => !from || from.some(isController));
}

function isController({ namespaceSelector, podSelector }: Any): boolean {
  const namespace = { 'kubernetes.io/metadata.name': 'ingress-nginx' };
  return (
    namespaceSelector !== undefined &&
    isSelected(namespaceSelector, namespace) &&
    isSelected(podSelector ?? {}, CONTROLLER_LABELS)
  );
}

function isSelected(
  { matchLabels = {}, matchExpressions = [] }: Any,
  labels: Record<string, string>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }: Any) =>
      operator === 'In' ? values.includes(labels[key]) : !values.includes(labels[key]),
    )
  );
}
