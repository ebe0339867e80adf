import type { ComparisonResult } from './measurements.ts';

/** A promotion in progress. Times: milliseconds since the epoch. */
export interface Progress {
  state: 'promoting' | 'held' | 'going back' | 'degraded';
  /** Distinguishes it from the next promotion of the workload. */
  id: string;
  /** Absent for a Rollout, which does not say the images. */
  from?: string;
  to?: string;
  by?: string;
  startedAt?: number;
  /** The name of the stage, and for a Rollout what its controller says. */
  stage: string;
  /** Its number, from 1, and the names of all of them. */
  number: number;
  stages: readonly string[];
  /** The checks that the stage has of its own. */
  checks?: readonly string[];
  /** The weight that the stage sets, in percent; absent without a canary. */
  weight?: number;
  /** The weights are shares of the pods of a rolling update, and not of the users. */
  weightOf?: 'pods';
  /** When the stage was entered. */
  since?: number;
  /** When the stage has lasted for its time; absent if it waits for something else. */
  endsAt?: number;
  /** Why it goes back. */
  reason?: string;
  /** Who holds the lock; absent if nobody does. */
  holder?: string;
  /** When the holder renewed the lock, by its own clock, and for how long that counts. */
  renewed?: { at: string; forMs: number };
  watchers: readonly string[];
  /** What was counted in the stage so far; absent if nothing was yet. */
  counted?: Counted;
  /** The stages that were left, the oldest first. */
  way: readonly PastStage[];
}

/** A stage that was left, and what was measured until its end. */
export interface PastStage {
  name: string;
  direction: 'up' | 'down';
  number: number;
  count: number;
  weight?: number;
  since: number;
  measured: readonly ComparisonResult[];
}

/** The counts of a stage at one moment. */
export interface Counted {
  at: number;
  /** Requests of the last polls: those on the canary, and all. */
  share?: { canary: number; total: number };
  comparisons: readonly ComparisonResult[];
}
