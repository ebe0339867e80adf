/** A check that the user asks for, beside the judge of errors. Durations in milliseconds. */
export interface Check {
  name: string;
  measure: Measure;
  /** The value passes from `min` to `max`, both included: percent, milliseconds, or what the query gives. */
  min: number | undefined;
  max: number | undefined;
  /** Then the value is the canary's divided by that of the stable version, or of the baseline. */
  compare: 'stable' | 'baseline' | undefined;
  /** Then the values of canary and stable are two series, which are judged at the end of each step. */
  series: SeriesJudge | undefined;
  intervalMs: number;
  /** How far back a query looks. */
  windowMs: number;
  /** How many measurements may fail before the canary does. */
  failures: number;
  /** What no value means: wait for one, at the step's end too; or it passes; or it is a failure. */
  noData: 'wait' | 'pass' | 'fail';
}

/** What is measured. */
export type Measure =
  /** The share of requests that did not fail, in percent: by Prometheus where there is one, else by the router's counters. */
  | { kind: 'success-rate' }
  /** In milliseconds, from the same source. */
  | { kind: 'latency'; quantile: number }
  /** Requests that take longer than a bound (undefined: what stable's slowest ones take), canary against stable. By the counters. */
  | { kind: 'slower'; thanMs: number | undefined }
  /** How often containers of the canary's pods ended, once they had been ready. */
  | { kind: 'restarts' }
  | { kind: 'query'; query: string }
  | {
      kind: 'http';
      url: string;
      headers: Readonly<Record<string, string>>;
      status: number;
      json: string | undefined;
    }
  /** A path of one of the canary's pods, asked through the API server. */
  | { kind: 'pod'; path: string; port: number; json: string | undefined };

/** Kayenta's classifier for a series; the names and defaults are those of its canary config. */
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
  /** Where this metric fails, the release does. */
  critical: boolean;
  mustHaveData: boolean;
  /** The groups that it counts in. */
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
