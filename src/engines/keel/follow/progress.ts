import type { Approval } from '../admin/approval.ts';
import { changeCauseOf, type KeelWorkload } from '../forecast/workload.ts';
import type { Track } from './track.ts';
import { hasImage, otherImage } from './track-images.ts';

/** Why a workload will not come to the image any more. */
type End =
  | 'rejected'
  | 'expired'
  | 'deleted'
  | 'archived'
  | 'lost'
  | 'swallowed'
  | 'superseded'
  | 'gone'
  | 'rollout';

export type Progress =
  | { readonly phase: 'queued'; readonly message: string }
  | { readonly phase: 'voting'; readonly message: string }
  | { readonly phase: 'approved'; readonly message: string }
  | { readonly phase: 'written'; readonly message: string }
  | { readonly phase: 'ready'; readonly message: string }
  | { readonly phase: 'failed'; readonly end: End; readonly message: string };

/** Where Keel's own list is all there is, a rollout that was never seen at work counts as done after this long. */
const CACHE_TRUST_MS = 10_000;
/** A pod that cannot start may be one of the old ones that has just been seen: so long it is only told. */
const FATAL_AFTER_MS = 30_000;
/**
 * An update that had its votes may still be under way when its record is rejected, deleted or put away; and an image that Keel writes
 * because the approvals were taken off the workload comes with an archived record.
 */
const SETTLE_MS = 2_000;

/** Where a workload stands. */
export function progressOf(track: Track, now: number): Progress {
  const { workload, forecast, record, writtenAt } = track;
  const { tag } = track.sent;
  if (workload === 'gone') return failed('gone', 'was deleted');
  if (hasImage(track, workload)) return rolling(track, workload, now);
  const other = otherImage(track, workload);
  if (other !== undefined) return failed('superseded', `runs ${other} now: somebody else changed it`);
  if (forecast.votes === 0 && record === undefined && track.foreign === undefined) {
    return { phase: 'queued', message: `Keel has not written ${tag} yet` };
  }
  if (!['none', 'pending', 'approved'].includes(track.approval) && now - track.approvalSince < SETTLE_MS) {
    return { phase: 'queued', message: `its approval is ${track.approval}` };
  }
  switch (track.approval) {
    case 'none':
      if (track.foreign !== undefined) {
        return failed(
          'swallowed',
          `another webhook came first: the approval ${track.foreign.id} of ${track.foreign.repository.name}:${track.foreign.repository.tag} decides`,
        );
      }
      return { phase: 'queued', message: 'Keel has not asked for an approval yet' };
    case 'pending':
      return { phase: 'voting', message: '' };
    case 'approved':
      return { phase: 'approved', message: `approved by ${votersOf(record)}, and ${tag} is not written yet` };
    case 'rejected':
      return failed('rejected', 'was rejected');
    case 'expired':
      return failed('expired', 'was not approved before its deadline, and Keel has removed it');
    case 'deleted':
      return failed('deleted', 'was deleted by somebody before it had its votes');
    case 'archived':
      return failed('archived', 'was archived by somebody before it had its votes');
    case 'lost':
      return failed(
        'lost',
        `is gone, and Keel's log does not say why: its store was lost (a new pod without persistence)`,
      );
  }
  function failed(end: End, message: string): Progress {
    // what was there once and is no more was changed by others
    return end === 'superseded' || writtenAt === undefined
      ? {
          phase: 'failed',
          end,
          message: end === 'superseded' || end === 'gone' ? message : `the approval ${message}`,
        }
      : { phase: 'failed', end: end === 'gone' ? end : 'superseded', message };
  }
}

/** Whether the image was written by Keel, as its change-cause says; undefined before it is written. */
export function isByKeel({ workload, forecast }: Track): boolean {
  if (workload === 'gone') return false;
  const cause = changeCauseOf(workload);
  return cause !== undefined && cause !== forecast.causeBefore;
}

export function votersOf(record: Approval | undefined): string {
  const named = record?.voters.filter((voter) => voter !== '') ?? [];
  return named.length === 0 ? 'voters without a name' : named.join(', ');
}

function rolling(track: Track, workload: KeelWorkload, now: number): Progress {
  const { state, message } = workload.rollout;
  if (state === 'failed') return { phase: 'failed', end: 'rollout', message };
  if (state === 'waiting' && track.fatal !== undefined && now - track.fatal.since >= FATAL_AFTER_MS) {
    return { phase: 'failed', end: 'rollout', message: `${track.fatal.message}; ${message}` };
  }
  if (state === 'waiting') return { phase: 'written', message };
  const isSure =
    workload.source === 'cluster' ||
    workload.kind === 'cronjob' ||
    track.hasMoved ||
    track.forecast.takes === 'already' ||
    now - (track.writtenAt ?? now) >= CACHE_TRUST_MS;
  return isSure
    ? { phase: 'ready', message }
    : { phase: 'written', message: "Keel's list does not show the rollout yet" };
}
