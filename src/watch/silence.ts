import { keyOf, type Seen } from './seen.ts';

/** A renewal of a lock, and when it was first seen, by the monotonic clock of this machine. */
export interface Renewal {
  key: string;
  at: string;
  since: number;
  /** The holder counts as dead, because it has not renewed the lock for the duration of the lease. */
  silent: boolean;
}

/**
 * The renewals after another look. The time is measured from the look that first saw the renewal, because the
 * clocks of two machines may differ.
 */
export function renewalsAfter(
  before: readonly Renewal[],
  seen: readonly Seen[],
  now: number,
): readonly Renewal[] {
  return seen.flatMap((each): Renewal[] => {
    const renewed = each.now?.renewed;
    if (!renewed) return [];
    const key = keyOf(each);
    const known = before.find((one) => one.key === key && one.at === renewed.at);
    const since = known?.since ?? now;
    return [{ key, at: renewed.at, since, silent: now - since >= renewed.forMs }];
  });
}

/** The keys of the workloads whose holder is silent. */
export function silentIn(renewals: readonly Renewal[]): ReadonlySet<string> {
  return new Set(renewals.filter(({ silent }) => silent).map(({ key }) => key));
}
