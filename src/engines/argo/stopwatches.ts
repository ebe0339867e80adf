import { invalidOf, isUnpausing } from './rollout/observed.ts';
import { type Snapshot, setOf } from './rollout/snapshot.ts';
import type { RunState } from './run-state.ts';

/** What is timed now, each by a mark of its own: it is timed anew when its mark changes. Pure. */
export function runningStopwatches(seen: Snapshot, observed: boolean): string[] {
  const { rollout } = seen;
  const marks = [quietStopwatch(seen), unreadyStopwatch(seen) ?? ''];
  if (rollout && invalidOf(rollout)) marks.push('invalid');
  if (!observed) marks.push('unobserved');
  const { abort = false, abortedAt } = rollout?.status ?? {};
  if (abort && !abortedAt) marks.push('aborting');
  if (!observed || (rollout && isUnpausing(rollout)) || abort !== Boolean(abortedAt))
    marks.push('unanswered', 'owed');
  return marks.filter(Boolean);
}

/** Another one with each change of the Rollout. */
export function quietStopwatch({ rollout }: Snapshot): string {
  return `quiet ${rollout?.metadata?.resourceVersion}`;
}

/** Another one with each pod that becomes ready. */
export function unreadyStopwatch(seen: Snapshot): string | undefined {
  const { currentPodHash, stableRS } = seen.rollout?.status ?? {};
  const set = currentPodHash === stableRS ? undefined : setOf(seen, currentPodHash);
  const [wanted, available] = [set?.spec?.replicas ?? 0, set?.status?.availableReplicas ?? 0];
  return available < wanted ? `unready ${currentPodHash} ${available}/${wanted}` : undefined;
}

/** Keeps the time of what goes on, begins that of what is new, drops the rest. */
export function sinceOf(
  since: RunState['since'],
  marks: readonly string[],
  now: number,
): Record<string, number> {
  return Object.fromEntries(marks.map((mark) => [mark, since[mark] ?? now]));
}
