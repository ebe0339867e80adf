import type { Wanted } from './rollout/observed.ts';

/** The task of a run. It does not change. */
export interface Plan {
  namespace: string;
  rollout: string;
  images: Wanted['images'];
  /** The image of the release, and the image before it, for display. */
  image: string;
  from: string;
  /** The available pods of the stable release before the step, if it did not have enough of them. */
  stableBefore?: number;
  /** When the step ends: at a pause that a person must end, or only when the release is the stable one. */
  until: 'paused' | 'healthy';
  promoteFull: boolean;
  /** Maximum time for pods to become ready and for the controller to act, since the last progress. */
  timeoutMs: number;
}

/**
 * What this run has done and seen so far. Each decision returns the next state. Times are of the monotonic
 * clock, ms.
 */
export interface RunState {
  wanted: Wanted;
  direction: 'up' | 'down';
  /** Why the release is aborted. */
  reason?: string;
  /** The image of the release that displaces this one. */
  displacedBy?: string;
  /** The user requested the abort (`action: abort`). */
  requested?: boolean;
  /**
   * The template had the image already, so this run wrote nothing. The run passes a gate that it finds, and
   * retries an aborted release.
   */
  found: boolean;
  /** Blue-green: the active Service pointed to the release before that was stable. */
  served?: boolean;
  /** Number of aborts sent. */
  aborts: number;
  /** Start times of the running stopwatches, by name. */
  since: Readonly<Record<string, number>>;
}

/** The state of a run that has written the template. */
export function newRun(wanted: Wanted): RunState {
  return { wanted, direction: 'up', found: false, aborts: 0, since: {} };
}
