import type { Forecast } from '../forecast/forecast.ts';
import type { Progress } from './progress.ts';
import type { Track } from './track.ts';

/** What to wait for: Keel accepted the webhook, people approved it, or the workloads run the image. */
export type Wait = 'sent' | 'approved' | 'updated';

/** One Keel with the workloads that it will update. */
export interface Following {
  /** Host and port, for the log. */
  readonly host: string;
  readonly tracks: readonly Track[];
  /** Workloads of this repository that will not get the image. */
  readonly refusing: readonly Forecast[];
  /** The webhook was sent a second time. */
  readonly resent: boolean;
  /** Approvals can be seen. */
  readonly seesApprovals: boolean;
  /** Every request of the last poll was answered. */
  readonly isReachable: boolean;
}

export interface Bounds {
  readonly wait: Wait;
  /** In milliseconds, from the last progress. */
  readonly timeoutMs: number;
  /** The time of the last vote, update or new pod, by the monotonic clock. */
  readonly lastProgressAt: number;
  readonly now: number;
  /** The wall clock, for deadlines. */
  readonly wall: number;
}

/** Whether a workload has reached its end, so that the step need not wait for it. */
export function isFinal({ forecast }: Track, at: Progress, wait: Wait): boolean {
  if (at.phase === 'ready' || at.phase === 'failed') return true;
  return wait !== 'updated' && (at.phase === 'written' || at.phase === 'approved' || forecast.votes === 0);
}
