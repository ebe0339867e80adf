import type { Wanted } from './rollout/observed.ts';

/** What is to be done; it does not change. */
export interface Plan {
  namespace: string;
  rollout: string;
  images: Wanted['images'];
  /** The release, and what ran before, for people. */
  image: string;
  from: string;
  /** Where the step ends: at a pause that is for a person to end, or only when the release is the stable one. */
  until: 'paused' | 'healthy';
  promoteFull: boolean;
  /** How long pods may take to become ready, and the controller to do anything, counted from the last progress. */
  timeoutMs: number;
}

/** What this run has done and seen of it until now; decisions make the next from it. Times are of the monotonic clock. */
export interface RunState {
  wanted: Wanted;
  direction: 'up' | 'down';
  /** On the way down: why. */
  reason?: string;
  /** The image of the release that this one is aborted for. */
  wayFor?: string;
  /** The end was asked for (`action: abort`). */
  asked?: boolean;
  /** This run wrote nothing, because the template had the image already: a gate that it finds is passed, an abort is retried. */
  found: boolean;
  /** Blue-green: the active Service has been on the release, before that was the stable one. */
  served?: boolean;
  /** How often an abort was sent. */
  aborts: number;
  /** Since when something is as it is, for what is bounded in time; by what it is. */
  since: Readonly<Record<string, number>>;
}
