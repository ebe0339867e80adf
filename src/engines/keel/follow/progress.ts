import type { Approval } from '../admin/approval.ts';
import { changeCauseOf, type KeelWorkload } from '../forecast/workload.ts';
import type { Track } from './track.ts';
import { hasImage, otherImage } from './track-images.ts';

/** Why a workload will not get the image. */
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

/**
 * If the step has only Keel's own list, it accepts a rollout after this time even if it never saw the rollout
 * in progress.
 */
const CACHE_TRUST_MS = 10_000;
/** A pod that cannot start may be an old one. Until this time the step only reports it. */
const FATAL_AFTER_MS = 30_000;
/**
 * How long the step waits for the image after a record is rejected, deleted or archived. Keel may still be
 * writing an approved update. It also archives the record if it writes the image because the workload no
 * longer needs approvals.
 */
const SETTLE_MS = 2_000;

/** The progress of one workload. */
export function progressOf(track: Track, now: number): Progress {
  const { workload, forecast, record, writtenAt } = track;
  const { tag } = track.sent;
  if (workload === 'gone') return failed('gone', 'was deleted');
  if (hasImage(track, workload)) return rolling(track, workload, now);
  const other = otherImage(track, workload);
  if (other !== undefined)
    return failed('superseded', `runs ${other} now, because another person or tool changed it`);
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
          `was not requested, because another webhook came first: the approval ${track.foreign.id} of ${track.foreign.repository.name}:${track.foreign.repository.tag} decides`,
        );
      }
      return { phase: 'queued', message: 'Keel has not asked for an approval yet' };
    case 'pending':
      return { phase: 'voting', message: '' };
    case 'approved':
      return {
        phase: 'approved',
        message: `approved by ${votersOf(record)}, but Keel has not written ${tag} yet`,
      };
    case 'rejected':
      return failed('rejected', 'was rejected');
    case 'expired':
      return failed('expired', 'was not approved before its deadline, so Keel removed it');
    case 'deleted':
      return failed('deleted', 'was deleted before it had its votes');
    case 'archived':
      return failed('archived', 'was archived before it had its votes');
    case 'lost':
      return failed(
        'lost',
        `is gone, and Keel's audit log has no entry for it, so its store was lost (a new pod without persistence)`,
      );
  }
  function failed(end: End, message: string): Progress {
    // the image was written and is gone, so another writer changed it
    return end === 'superseded' || writtenAt === undefined
      ? {
          phase: 'failed',
          end,
          message: end === 'superseded' || end === 'gone' ? message : `the approval ${message}`,
        }
      : { phase: 'failed', end: end === 'gone' ? end : 'superseded', message };
  }
}

/** Whether the change-cause shows that Keel wrote the image since the webhook. */
export function isByKeel({ workload, forecast }: Track): boolean {
  if (workload === 'gone') return false;
  const cause = changeCauseOf(workload);
  return cause !== undefined && cause !== forecast.causeBefore;
}

/** The names of the voters, as a list for a sentence. */
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
  const isConclusive =
    workload.source === 'cluster' ||
    workload.kind === 'cronjob' ||
    track.hasMoved ||
    track.forecast.takes === 'already' ||
    now - (track.writtenAt ?? now) >= CACHE_TRUST_MS;
  return isConclusive
    ? { phase: 'ready', message }
    : { phase: 'written', message: "Keel's list does not show the rollout yet" };
}
