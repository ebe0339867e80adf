import type { LabelSelector, LabelSelectorRequirement } from 'kubernetes-types/meta/v1';
import type { SplitLabel } from '../canary-copy.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether a selector selects an object with these labels, as Kubernetes reads it. An empty one selects all. */
export function selectorMatches(
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  labels: Labels,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => expressionMatches(expression, labels))
  );
}

/** A selector as the API server takes it for a list. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(',');
}

/** Whether a selector selects stable's pods and not those with the other value of the split label. */
export function knowsOnlyStable(
  selector: LabelSelector,
  stablePods: Labels,
  { key }: SplitLabel,
  value: string,
): boolean {
  return selectorMatches(selector, stablePods) && !selectorMatches(selector, { ...stablePods, [key]: value });
}

/** The selector with more values of the split label beside stable's. It selects all that it selected before. */
export function withValues(
  { matchLabels, matchExpressions = [] }: LabelSelector,
  { key, stable }: SplitLabel,
  values: readonly string[],
): LabelSelector {
  const { [key]: own, ...rest } = matchLabels ?? {};
  const wider = matchExpressions.map((expression) =>
    expression.key === key && expression.operator === 'In' && expression.values?.includes(stable)
      ? { ...expression, values: [...new Set([...expression.values, ...values])] }
      : expression,
  );
  const among = own === stable ? [{ key, operator: 'In', values: [...new Set([stable, ...values])] }] : [];
  const labels = own === undefined || own === stable ? rest : { ...rest, [key]: own };
  const expressions = [...wider, ...among];
  return {
    ...(Object.keys(labels).length > 0 ? { matchLabels: labels } : {}),
    ...(expressions.length > 0 ? { matchExpressions: expressions } : {}),
  };
}

function expressionMatches(
  { key, operator, values = [] }: LabelSelectorRequirement,
  labels: Labels,
): boolean {
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
}
