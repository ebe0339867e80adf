import { invalidOf, isUnpausing } from './rollout/observed.ts';
import { type Snapshot, setOf } from './rollout/snapshot.ts';
import type { RunState } from './run-state.ts';

/** The names of the stopwatches that run now. A stopwatch starts again when its name changes. Pure. */
export function runningStopwatches(seen: Snapshot, observed: boolean): string[] {
  const { rollout } = seen;
  const names = [quietStopwatch(seen), unreadyStopwatch(seen) ?? ''];
  if (rollout && invalidOf(rollout)) names.push('invalid');
  if (!observed) names.push('unobserved');
  const { abort = false, abortedAt } = rollout?.status ?? {};
  if (abort && !abortedAt) names.push('aborting');
  if (!observed || (rollout && isUnpausing(rollout)) || abort !== Boolean(abortedAt))
    names.push('unanswered', 'owed');
  return names.filter(Boolean);
}

/** The stopwatch of the time without any change of the Rollout. */
export function quietStopwatch({ rollout }: Snapshot): string {
  return `quiet ${rollout?.metadata?.resourceVersion}`;
}

/** The stopwatch of the time since a new pod became ready; undefined if all are. */
export function unreadyStopwatch(seen: Snapshot): string | undefined {
  const { currentPodHash, stableRS } = seen.rollout?.status ?? {};
  const set = currentPodHash === stableRS ? undefined : setOf(seen, currentPodHash);
  const [wanted, available] = [set?.spec?.replicas ?? 0, set?.status?.availableReplicas ?? 0];
  return available < wanted ? `unready ${currentPodHash} ${available}/${wanted}` : undefined;
}

/** Keeps the start time of running stopwatches, starts new ones, and drops the rest. */
export function sinceOf(
  since: RunState['since'],
  names: readonly string[],
  now: number,
): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, since[name] ?? now]));
}
