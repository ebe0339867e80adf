import {
  type Approval,
  type ApprovalState,
  type AuditEntry,
  approvalState,
  blockingRecord,
  ownRecord,
  type Sent,
} from '../admin/approval.ts';
import type { Forecast } from '../forecast/forecast.ts';
import type { KeelWorkload } from '../forecast/workload.ts';
import { hasImage } from './track-images.ts';

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
