import { exitCodeOf, type PastOutcome } from '../outcome.ts';
import type { Progress } from '../progress.ts';
import { keyOf, type Seen } from './seen.ts';

/** A promotion that was seen in progress. */
export interface Followed {
  key: string;
  id: string;
  startedAt?: number;
}

const STUCK = exitCodeOf({ kind: 'stuck', reason: '', hints: [] });
const ABORTED = exitCodeOf({ kind: 'aborted', reason: '', hints: [] });

/** The promotions that were followed, and those that begin now. A held one that goes on stays the same. */
export function followedAfter(before: readonly Followed[], seen: readonly Seen[]): readonly Followed[] {
  const begun = seen.flatMap((each): Followed[] => {
    const { now } = each;
    const key = keyOf(each);
    if (!now || before.some((one) => one.key === key && one.id === now.id)) return [];
    return [{ key, id: now.id, ...(now.startedAt === undefined ? {} : { startedAt: now.startedAt }) }];
  });
  return [...before, ...begun];
}

/**
 * The exit code of a promotion that ended; undefined while it is in progress. One that is held, or that its step could not end, has
 * ended for a reader, because the step has.
 */
export function endCode({ key, id, startedAt }: Followed, seen: readonly Seen[]): number | undefined {
  const found = seen.find((each) => keyOf(each) === key);
  // somebody has removed what would say it
  if (!found) return STUCK;
  const { now, history, stable, fault } = found;
  if (fault !== undefined) return undefined;
  const isSame = now?.id === id;
  if (stable !== undefined) return endOfRollout(isSame ? now.state : undefined, stable === id);
  const begun = startedAt === undefined ? undefined : new Date(startedAt).toISOString();
  const past = history.find((each) => each.startedAt === begun);
  // a step that was killed leaves its name in the lock, and one that ended does not
  if (isSame && (now.holder !== undefined || past === undefined)) return undefined;
  return past ? codeOf(past) : STUCK;
}

/** A pause that a person must end is a hold. A Rollout whose pods are of another version was taken back. */
function endOfRollout(state: Progress['state'] | undefined, isStable: boolean): number | undefined {
  if (state === undefined) return isStable ? 0 : ABORTED;
  if (state === 'degraded') return ABORTED;
  return state === 'held' ? 0 : undefined;
}

/** The exit code when nothing is followed: that of the last outcome of the opened workload. */
export function lastCode(opened: Seen | undefined): number {
  const [last] = opened?.history ?? [];
  return last ? codeOf(last) : 0;
}

function codeOf({ outcome, reason }: PastOutcome): number {
  // a newer version may have another outcome
  return exitCodeOf({ kind: outcome, reason, hints: [] }) ?? STUCK;
}
