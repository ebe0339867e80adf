import {
  type Approval,
  type ApprovalState,
  type AuditEntry,
  approvalState,
  blockingRecord,
  ownRecord,
  type Sent,
} from './approval.ts';
import { wouldWrite } from './policy.ts';
import { bare, type Forecast } from './preflight.ts';
import { changeCauseOf, type KeelWorkload, policyOf, sameImage, tagOf } from './workload.ts';

/** What one look at a Keel and the cluster brought; what could not be seen is undefined, or not in the map. */
export interface Observation {
  /** By identifier. `gone` only where the API server says so: Keel's own list is empty for a while after a restart. */
  readonly workloads: ReadonlyMap<string, KeelWorkload | 'gone'>;
  /** As they were before the workloads were looked at: what is archived in them has been written by then. */
  readonly approvals: readonly Approval[] | undefined;
  readonly audit: readonly AuditEntry[] | undefined;
  /** Pods that will not become ready, by the identifier of their workload: what is wrong with them. */
  readonly fatal: ReadonlyMap<string, string>;
}

/** What is known of one workload on its way to the image, from one look to the next. Times are of the monotonic clock. */
export interface Track {
  readonly forecast: Forecast;
  readonly sent: Sent;
  /** When the webhook was sent, the last time. */
  readonly sentAt: number;
  /** Its own record, once seen: from then on it is known by its id. */
  readonly record: Approval | undefined;
  readonly approval: ApprovalState;
  /** Since when the approval is in that state. */
  readonly approvalSince: number;
  /** Another's record for the same workload and tag. */
  readonly foreign: Approval | undefined;
  readonly workload: KeelWorkload | 'gone';
  /** When it was first seen to have the image. */
  readonly writtenAt: number | undefined;
  /** Since then, it has been seen at work: what is ready now is the new, not the old. */
  readonly hasMoved: boolean;
  /** A pod's trouble that will not mend itself, and since when it has been seen without a break. */
  readonly fatal: { readonly message: string; readonly since: number } | undefined;
}

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

export function startTrack(forecast: Forecast, sent: Sent, now: number): Track {
  const { workload, openApproval } = forecast;
  return {
    forecast,
    sent,
    sentAt: now,
    record: openApproval,
    approval: openApproval === undefined ? 'none' : 'pending',
    approvalSince: now,
    foreign: undefined,
    workload,
    writtenAt: forecast.takes === 'already' ? now : undefined,
    hasMoved: false,
    fatal: undefined,
  };
}

/** The track after a look. What was not seen stays as it was. */
export function advance(track: Track, seen: Observation, now: number): Track {
  const { forecast, sent } = track;
  const { identifier } = forecast.workload;
  const all = seen.approvals;
  const found =
    track.record === undefined
      ? ownRecord(all ?? [], identifier, sent)
      : all?.find(({ id }) => id === track.record?.id);
  const approval =
    all === undefined ? track.approval : approvalState(track.record ?? found, found, seen.audit);
  const record = found ?? track.record;
  const blocking = blockingRecord(all ?? [], identifier, sent.tag);
  const workload = seen.workloads.get(identifier) ?? track.workload;
  const isWritten = workload !== 'gone' && hasImage(track, workload);
  const fatal = isWritten ? seen.fatal.get(identifier) : undefined;
  const writtenAt = track.writtenAt ?? (isWritten ? now : undefined);
  return {
    ...track,
    record,
    approval,
    approvalSince: approval === track.approval ? track.approvalSince : now,
    foreign: all === undefined ? track.foreign : blocking?.id === record?.id ? undefined : blocking,
    workload,
    writtenAt,
    fatal: fatal === undefined ? undefined : { message: fatal, since: track.fatal?.since ?? now },
    hasMoved: track.hasMoved || (isWritten && workload.rollout.state !== 'done'),
  };
}

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

/** All containers that are to get the image have it; where they had it before (force), Keel has written it anew. */
function hasImage(track: Track, workload: KeelWorkload): boolean {
  const { forecast } = track;
  const wanted = wantedOf(track);
  const pairs = pairsOf(track, workload);
  const have = pairs.filter(({ now }) => now !== undefined && sameImage(now, wanted)).length;
  if (have < (isNameless(forecast) ? Math.min(1, pairs.length) : pairs.length) || have === 0) return false;
  if (forecast.takes === 'already') return true;
  const wasThere = pairs.every(({ before }) => sameImage(before, wanted));
  const cause = changeCauseOf(workload);
  return !wasThere || (cause !== undefined && cause !== forecast.causeBefore);
}

/** Keel's list does not say which of the containers it monitors: one that has the image is all that can be asked for. */
function isNameless({ workload, containers }: Forecast): boolean {
  const { annotations, labels } = workload;
  const chosen = annotations['keel.sh/monitorContainers'] ?? labels['keel.sh/monitorContainers'];
  return chosen !== undefined && containers.some(({ name }) => name === undefined);
}

/** An image that is neither that of before nor the wanted one, and that Keel would not write the wanted one over. */
function otherImage(track: Track, workload: KeelWorkload): string | undefined {
  const wanted = wantedOf(track);
  const pairs = pairsOf(track, workload);
  const other = pairs.find(
    ({ before, now }) => now === undefined || !(sameImage(now, before) || sameImage(now, wanted)),
  );
  if (other !== undefined) {
    const running = other.now === undefined ? undefined : tagOf(other.now);
    const judged = wouldWrite(policyOf(workload), running, track.sent.tag, undefined);
    if (track.writtenAt !== undefined || other.now === undefined || judged.writes === 'no')
      return other.now ?? 'another container';
  }
  const back =
    track.writtenAt === undefined
      ? undefined
      : pairs.find(({ now }) => now !== undefined && !sameImage(now, wanted));
  return back?.now;
}

/** Each container that is to get the image, before and now. Keel's list has no names: there the place among the images counts. */
function pairsOf({ forecast }: Track, workload: KeelWorkload): { before: string; now: string | undefined }[] {
  return forecast.containers.map((container) => {
    const place = forecast.workload.containers.indexOf(container);
    const now =
      container.name === undefined || workload.source === 'keel'
        ? workload.containers[place]
        : workload.containers.find(({ name, init }) => name === container.name && init === container.init);
    return { before: container.image, now: now?.image };
  });
}

function wantedOf({ sent }: Track): string {
  return `${bare(sent.repository)}:${sent.tag}`;
}
