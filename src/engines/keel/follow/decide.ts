import { formatDuration } from '../../../duration.ts';
import type { Outcome } from '../../../outcome.ts';
import { type Bounds, type Following, isFinal } from './following.ts';
import { endOf, waitingFor } from './outcomes.ts';
import { progressOf } from './progress.ts';

export type Next =
  | { readonly do: 'wait'; readonly message: string }
  /** Send the webhook again, to the Keels with these indexes. */
  | { readonly do: 'resend'; readonly keels: readonly number[]; readonly message: string }
  | { readonly do: 'end'; readonly outcome: Outcome };

/**
 * An update that Keel has not written after this time is lost: to a conflict (Keel does not retry), or with
 * Keel's queue at a restart.
 */
const LOST_AFTER_MS = 10_000;

/** Decides what to do after a poll. It is pure, so that a table can test every outcome. */
export function decide(followings: readonly Following[], bounds: Bounds): Next {
  const all = followings.flatMap(({ tracks }) =>
    tracks.map((track) => ({ track, at: progressOf(track, bounds.now) })),
  );
  const open = all.filter(({ track, at }) => !isFinal(track, at, bounds.wait));
  if (open.length === 0) return { do: 'end', outcome: endOf(followings, bounds) };
  const lost = followings.flatMap((following, index) => (isLost(following, bounds.now) ? [index] : []));
  if (lost.length > 0) {
    return {
      do: 'resend',
      keels: lost,
      message: `Keel wrote nothing within ${formatDuration(LOST_AFTER_MS)}, so the update was lost (to a conflict, or a restart of Keel); sending the webhook again, which is safe under these policies`,
    };
  }
  if (bounds.now - bounds.lastProgressAt >= bounds.timeoutMs) {
    return { do: 'end', outcome: endOf(followings, bounds) };
  }
  return { do: 'wait', message: open.map(({ track, at }) => waitingFor(track, at, bounds.wall)).join('; ') };
}

/**
 * Whether an update at this Keel is lost, and a second webhook would not change a workload that has the
 * image.
 */
function isLost({ tracks, resent, seesApprovals, isReachable }: Following, now: number): boolean {
  if (resent || !isReachable || !tracks.every(({ forecast }) => forecast.repeatable)) return false;
  // Keel writes about five workloads a second (measured), so while it writes others, an update is still
  // queued
  const lastWrite = Math.max(...tracks.map(({ writtenAt = -Infinity }) => writtenAt));
  const isQuietSince = (since: number) => now - Math.max(since, lastWrite) >= LOST_AFTER_MS;
  return tracks.some((track) => {
    const { phase } = progressOf(track, now);
    if (track.forecast.takes === 'already') return false;
    if (phase === 'approved') return isQuietSince(track.approvalSince) && track.record?.archived !== true;
    // if the step cannot see approvals, a workload that waits for votes looks the same
    return (
      phase === 'queued' &&
      track.approval === 'none' &&
      (seesApprovals || track.forecast.votes === 0) &&
      isQuietSince(track.sentAt)
    );
  });
}
