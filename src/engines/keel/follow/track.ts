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

/**
 * What one poll of a Keel and the cluster returned. What could not be read is undefined, or is not in the
 * map.
 */
export interface Observation {
  /**
   * By identifier. `gone` only if the API server says so, because Keel's own list is empty for a while after
   * a restart.
   */
  readonly workloads: ReadonlyMap<string, KeelWorkload | 'gone'>;
  /** The approvals, read before the workloads: if one is archived here, its image is already written. */
  readonly approvals: readonly Approval[] | undefined;
  readonly audit: readonly AuditEntry[] | undefined;
  /** Why pods will not become ready, by the identifier of their workload. */
  readonly fatal: ReadonlyMap<string, string>;
}

/** The state of one workload during its update, from poll to poll. Times are of the monotonic clock. */
export interface Track {
  readonly forecast: Forecast;
  readonly sent: Sent;
  /** When the webhook was last sent. */
  readonly sentAt: number;
  /** The record of this step's webhook. After the first poll that finds it, later polls find it by its id. */
  readonly record: Approval | undefined;
  readonly approval: ApprovalState;
  /** Since when the approval is in that state. */
  readonly approvalSince: number;
  /** A record of another webhook for the same workload and tag. */
  readonly foreign: Approval | undefined;
  readonly workload: KeelWorkload | 'gone';
  /** When a poll first saw the image in the workload. */
  readonly writtenAt: number | undefined;
  /** A poll has seen the rollout in progress since then, so the pods that are ready now are new ones. */
  readonly hasMoved: boolean;
  /** A pod's trouble that will not go away by itself, and since when every poll has seen it. */
  readonly fatal: { readonly message: string; readonly since: number } | undefined;
}

/** The track of a workload when the webhook has just been sent. */
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

/** The track after a poll. What the poll could not read keeps its value. */
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
