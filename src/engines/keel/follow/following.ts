import type { Forecast } from '../forecast/forecast.ts';
import type { Progress } from './progress.ts';
import type { Track } from './track.ts';

/** What is waited for: that Keel took the webhook, that people approved it, or that the workloads run it. */
export type Wait = 'sent' | 'approved' | 'updated';

/** One Keel with the workloads that are to come to the image through it. */
export interface Following {
  /** For people: host and port. */
  readonly host: string;
  readonly tracks: readonly Track[];
  /** Workloads with the image that will not get it. */
  readonly refusing: readonly Forecast[];
  /** The webhook was sent a second time. */
  readonly resent: boolean;
  /** Approvals can be seen. */
  readonly seesApprovals: boolean;
  /** All that was asked for at the last look was answered. */
  readonly isReachable: boolean;
}

export interface Bounds {
  readonly wait: Wait;
  /** From the last progress; milliseconds. */
  readonly timeoutMs: number;
  /** By the monotonic clock: a vote, an update, a pod. */
  readonly lastProgressAt: number;
  readonly now: number;
  /** The wall clock, for deadlines. */
  readonly wall: number;
}

/** Whether nothing of a workload is waited for any more. */
export function isFinal({ forecast }: Track, at: Progress, wait: Wait): boolean {
  if (at.phase === 'ready' || at.phase === 'failed') return true;
  return wait !== 'updated' && (at.phase === 'written' || at.phase === 'approved' || forecast.votes === 0);
}
