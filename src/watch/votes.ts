import { exitCodeOf } from '../outcome.ts';
import type { KeelLook } from './keel.ts';

/** An approval that was seen waiting for votes, and how it ended; without an end while it waits. */
export interface Vote {
  key: string;
  end?: 'approved' | 'rejected' | 'gone';
}

/** The approvals that were followed, and those that wait now. A Keel that does not answer ends none of its approvals. */
export function votesAfter(before: readonly Vote[], look: KeelLook): readonly Vote[] {
  const { waiting, closed, unread } = look;
  const open = new Set(waiting.map(({ key }) => key));
  const ends = before.map((vote): Vote => {
    if (vote.end !== undefined || open.has(vote.key)) return vote;
    const found = closed.find(({ key }) => key === vote.key);
    if (found) return { ...vote, end: found.rejected ? 'rejected' : 'approved' };
    // Keel deletes the record of an approval whose deadline has passed
    return unread.length > 0 ? vote : { ...vote, end: 'gone' };
  });
  const known = new Set(before.map(({ key }) => key));
  return [...ends, ...[...open].filter((key) => !known.has(key)).map((key) => ({ key }))];
}

/** The exit code of the approvals: 0 if each got its votes; undefined while one waits. */
export function votesCode(votes: readonly Vote[]): number | undefined {
  if (votes.some(({ end }) => end === undefined)) return undefined;
  return votes.some(({ end }) => end !== 'approved')
    ? exitCodeOf({ kind: 'aborted', reason: '', hints: [] })
    : 0;
}
