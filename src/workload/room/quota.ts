import type { PodSpec, ResourceQuota } from 'kubernetes-types/core/v1';
import { podAmounts } from './pod-requests.ts';
import { quantityOf } from './quantity.ts';

/** How many more pods fit, and what allows no more. */
export interface Room {
  pods: number;
  /** What is short, for people: `ResourceQuota/small allows 6 pods and has 4`. */
  why: string;
}

/**
 * How many more pods of a template the quotas of their namespace allow; undefined if none of them limits it. A quota
 * that has a scope counts other pods, or not all of them, so it is left out.
 */
export function roomInQuotas(quotas: readonly ResourceQuota[], spec: PodSpec): Room | undefined {
  const rooms = quotas.filter(countsAll).flatMap((quota) => roomIn(quota, spec));
  return rooms.reduce<Room | undefined>(
    (least, each) => (least && least.pods <= each.pods ? least : each),
    undefined,
  );
}

function countsAll({ spec }: ResourceQuota): boolean {
  return (spec?.scopes ?? []).length === 0 && (spec?.scopeSelector?.matchExpressions ?? []).length === 0;
}

function roomIn({ metadata, spec, status }: ResourceQuota, pod: PodSpec): Room[] {
  const needs = needsOf(pod);
  return Object.entries(status?.hard ?? spec?.hard ?? {}).flatMap(([name, quantity]) => {
    const [hard, need] = [quantityOf(quantity), needs[name] ?? 0];
    const used = status?.used?.[name];
    // before its controller has counted, a quota refuses nothing
    if (hard === undefined || need === 0 || used === undefined) return [];
    const pods = Math.max(0, Math.floor((hard - (quantityOf(used) ?? 0)) / need + 1e-9));
    return [
      { pods, why: `ResourceQuota/${metadata?.name} allows ${quantity} of ${name}, and ${used} are used` },
    ];
  });
}

/** What one pod takes of a quota, by the quota's names. */
function needsOf(pod: PodSpec): Readonly<Record<string, number>> {
  const named = (prefix: string, of: 'requests' | 'limits') =>
    Object.entries(podAmounts(pod, of)).map(([name, amount]) => [`${prefix}${name}`, amount] as const);
  return Object.fromEntries([
    ...named('', 'requests'),
    ...named('requests.', 'requests'),
    ...named('limits.', 'limits'),
    ['pods', 1],
    ['count/pods', 1],
  ]);
}
