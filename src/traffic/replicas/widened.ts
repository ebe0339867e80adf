import type { Pod } from 'kubernetes-types/core/v1';
import type { Selector } from '../selector/note.ts';
import type { SplitPods } from '../split.ts';

/**
 * The selector that the pods of both versions match, and no other pod: as little as possible beside the Service's own, because a label
 * that somebody changes in the pods takes them out of the Service.
 *
 * @param own the Service's selector
 * @param others pods that serve something else
 * @returns undefined if no labels of the pods do
 */
export function widenedSelector(
  own: Selector,
  { label, labels, selected }: SplitPods,
  others: readonly Pod[],
): Selector | undefined {
  const rest = without(own, label.key);
  const candidates = [rest, { ...rest, ...selected }, { ...rest, ...labels }].map((each) =>
    without(each, label.key),
  );
  return candidates.find((each) => Object.keys(each).length > 0 && !others.some((pod) => matches(pod, each)));
}

/** Whether a Service with this selector sends to the pod. */
export function matches({ metadata }: Pod, selector: Selector): boolean {
  return Object.entries(selector).every(([key, value]) => metadata?.labels?.[key] === value);
}

function without(selector: Selector, key: string): Selector {
  const { [key]: _, ...rest } = selector;
  return rest;
}
