/**
 * A check that is measured during the promotion, in addition to the judge of errors. Durations in
 * milliseconds.
 */
export interface Check {
  name: string;
  measure: Measure;
  /**
   * The value passes from `min` to `max`, both included. Unit: percent, milliseconds, or that of the query.
   */
  min: number | undefined;
  max: number | undefined;
  /** If set, the value is the canary's divided by that of the stable version or of the baseline. */
  compare: 'stable' | 'baseline' | undefined;
  /** If set, the values of canary and stable are two series, which are compared at the end of each step. */
  series: SeriesJudge | undefined;
  intervalMs: number;
  /** How far back a query looks. */
  windowMs: number;
  /** How many measurements may fail before the canary does. */
  failures: number;
  /** What a missing value means: wait for one, even after the step's time; pass; or fail. */
  noData: 'wait' | 'pass' | 'fail';
}

/** What is measured. */
export type Measure =
  /**
   * The share of successful requests, in percent: from Prometheus if it is set, otherwise from the router's
   * counters.
   */
  | { kind: 'success-rate' }
  /** A quantile of the latency in milliseconds, from the same source. */
  | { kind: 'latency'; quantile: number }
  /**
   * The share of requests that take longer than a limit, of the canary compared with stable, from the
   * router's counters. Without a limit: what the slowest requests of stable take.
   */
  | { kind: 'slower'; thanMs: number | undefined }
  /** How often containers of the canary's pods ended after they had been ready. */
  | { kind: 'restarts' }
  | { kind: 'query'; query: string }
  | {
      kind: 'http';
      url: string;
      headers: Readonly<Record<string, string>>;
      status: number;
      json: string | undefined;
    }
  /** A path of one of the canary's pods, requested through the API server. */
  | { kind: 'pod'; path: string; port: number; json: string | undefined };

/** Settings of Kayenta's classifier for a series, with the names and defaults of its canary config. */
export interface SeriesJudge {
  direction: 'increase' | 'decrease' | 'either';
  nanStrategy: 'remove' | 'replace';
  outliers: { strategy: 'keep' | 'remove'; outlierFactor: number };
  effectSize: {
    measure: 'meanRatio' | 'cles';
    allowedIncrease?: number;
    allowedDecrease?: number;
    criticalIncrease?: number;
    criticalDecrease?: number;
  };
  /** If this metric fails, the release fails. */
  critical: boolean;
  mustHaveData: boolean;
  /** The groups that this metric belongs to. */
  groups: readonly string[];
}

export const DEFAULTS = {
  compare: undefined,
  series: undefined,
  intervalMs: 5_000,
  windowMs: 60_000,
  failures: 0,
  noData: 'wait',
} as const;
