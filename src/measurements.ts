/**
 * The requests of the canary in the current step, compared with those of stable or of a baseline. `before`:
 * the release serves all users, and its requests are compared with those of the version before it.
 */
export interface ComparisonResult {
  what: 'failed' | 'slow';
  /** Slower than this is slow, in milliseconds; absent while it is not known. */
  boundMs?: number;
  canary: { requests: number; bad: number };
  reference: { name: 'stable' | 'baseline' | 'before'; requests: number; bad: number };
  /** The rate of bad requests on the canary that would have been noticed; absent if none would. */
  detectable?: number;
  /**
   * Whether `detectable` is near enough to the rate of the reference (setting `detectable`); true for slow
   * requests that are compared because no check says otherwise, because no step waits for these.
   */
  conclusive: boolean;
  /**
   * The evidence that the canary is worse, and what is needed to call it bad; both as natural logarithms. It
   * is the largest evidence of the promotion so far.
   */
  evidence?: { log: number; needed: number };
  /** Who counted. */
  source: 'router' | 'pods';
}

/** The current state of a check of the user. */
export interface CheckResult {
  name: string;
  /** The step that it belongs to; absent if it runs through the whole promotion. */
  step?: string;
  /** The last value. If it is absent, `message` has the reason. */
  value?: number;
  unit?: '%' | 'ms';
  message?: string;
  /** The bounds, both included. */
  min?: number;
  max?: number;
  measurements: number;
  failures: number;
  /** Whether the check passes; absent while that is not known. */
  passed?: boolean;
}

/** The score of Kayenta's judge, 0 to 100. */
export interface ScoreResult {
  verdict: 'pass' | 'marginal' | 'fail';
  score: number;
  /** The lowest score that passes. */
  passThreshold: number;
  /** Why the score is 0 at any value of the metrics. */
  zeroedBy?: 'critical metric' | 'no data';
  /** Measurements of the shortest series. */
  points: number;
  /** The metrics that did not pass; without an effect if there was no data. */
  failing: readonly { name: string; label: string; effect?: number }[];
}
