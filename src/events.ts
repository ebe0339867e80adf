import type { ErrorCode } from './errors.ts';
import type { OutcomeKind } from './outcome.ts';

/**
 * What happened, as data. An engine is an async generator of these; each reporter is a fold over the stream, so that a new report changes
 * no engine. Events carry facts; the sentences that people read are made in report/lines.ts. Durations are milliseconds, weights percent,
 * rates 0 to 1. The time of an event is that at which a reporter gets it.
 */
export type PromotionEvent =
  | { type: 'plan'; title: string; lines: readonly string[] }
  /** What `action: status` shows; the last outcomes are newest first. */
  | { type: 'status'; title: string; lines: readonly string[]; history: readonly PastOutcome[] }
  | { type: 'warning'; message: string }
  | { type: 'note'; message: string }
  | { type: 'debug'; message: string }
  /** What the registry says of the release's image. */
  | { type: 'image'; image: string; message: string }
  /** A tag was set, moved or left on the release's digest, after the promotion. */
  | { type: 'tagged'; image: string; message: string }
  /** What would notice a bad release, as it was found before the start. */
  | { type: 'watchers'; watchers: readonly { name: string; state: string; detail: string }[] }
  | {
      type: 'started';
      action: string;
      /** `deployment/web`, as the setting is written. */
      workload: string;
      namespace: string;
      from: string;
      to: string;
      by: string;
    }
  /** A promotion that was left is continued, at the named stage. */
  | { type: 'resumed'; workload: string; to: string; stage: string }
  | StageEvent
  | { type: 'write'; verb: 'create' | 'update' | 'delete'; object: string; message: string }
  /** A weight was written into the routes. */
  | { type: 'weight'; weight: number; routes: readonly string[] }
  /** Nothing is done until this has come. `timeoutMs`: how long it may take, if it is bounded by itself. */
  | { type: 'waiting'; for: string; timeoutMs?: number }
  | HoldingEvent
  /**
   * The weight of a stage, by the requests of the last looks: `canary` of `total`. `confirmed` is false if they are too few to tell: the
   * time of the stage begins all the same.
   */
  | {
      type: 'in-force';
      stage: string;
      weight: number;
      canary: number;
      total: number;
      confirmed: boolean;
    }
  | MeasuredEvent
  | CheckEvent
  | {
      type: 'trouble';
      pod: string;
      container?: string;
      reason: string;
      message: string;
      log: readonly string[];
    }
  | { type: 'conflict'; object: string; message: string }
  | { type: 'down'; reason: string }
  | { type: 'diff'; object: string; verb: 'create' | 'update' | 'delete'; lines: readonly string[] }
  | { type: 'sent'; url: string; status: number; ms: number; message: string }
  | { type: 'answer'; url: string; accepted: boolean; message: string };

/** A stage begins. */
export interface StageEvent {
  type: 'stage';
  /** From 0. */
  index: number;
  count: number;
  /** A kind of the engine's own stages: `weight`, `hold`, `shift`, `clean-up`, or a step of a Rollout. */
  kind: string;
  name: string;
  /** The weight of the canary in it; absent if the stage does not set one. */
  weight?: number;
  /** How long its state is held once it is reached. */
  endsAfterMs?: number;
}

/** A state is kept for a time. */
export interface HoldingEvent {
  type: 'holding';
  /**
   * `step`: the user's step, with users on the canary; `first-contact`: a few users, before the first step; `without-users`: a canary without users; `drain-…`: running requests may end;
   * `settle`: the router takes the change up; `bake`: an update is watched; `recovery`: the cluster's controllers follow the API server.
   */
  reason:
    | 'step'
    | 'first-contact'
    | 'without-users'
    | 'drain-canary'
    | 'drain-baseline'
    | 'settle'
    | 'bake'
    | 'recovery';
  /** The name of the stage; empty if the engine has no stages. */
  stage: string;
  /** The weight of the stage. */
  weight?: number;
  ms: number;
}

/** What was measured while the canary had a weight, when the stage or the run ends. */
export interface MeasuredEvent {
  type: 'measured';
  /** The name of the stage; empty if it is about the whole run. */
  stage: string;
  /** Whose measurements they are, if the run updates several workloads: `deployment/shop/web`. */
  workload?: string;
  weight?: number;
  comparisons: readonly ComparisonResult[];
  checks: readonly CheckResult[];
  /** What Kayenta's judge gives for all series. */
  score?: ScoreResult;
  /** There were enough requests to notice a difference that matters. */
  conclusive: boolean;
  /** The canary is taken back because of it: the reason follows in `down`. */
  failed?: true;
  /** Why the requests were not compared, if they were not. */
  blind?: string;
}

/**
 * The requests of the canary in the current step, compared with those of stable or of a baseline. `before`:
 * the release serves all users, and its requests are compared with those of the version before it.
 */
export interface ComparisonResult {
  what: 'failed' | 'slow';
  /** What is slow: longer than this, in milliseconds; absent if that is not known yet. */
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
  /** Who counted. */
  source: 'router' | 'pods';
}

/** A check of the user as it stands. */
export interface CheckResult {
  name: string;
  /** The last value; absent if there is none, and `message` says why. */
  value?: number;
  unit?: '%' | 'ms';
  message?: string;
  /** The bounds, both included. */
  min?: number;
  max?: number;
  measurements: number;
  failures: number;
  /** Whether the check passes by now; absent if it cannot be told yet. */
  passed?: boolean;
}

/** The score of Kayenta's judge, 0 to 100. */
export interface ScoreResult {
  verdict: 'pass' | 'marginal' | 'fail';
  score: number;
  /** Scores from here on pass. */
  passThreshold: number;
  /** Why the score is 0 whatever the metrics say. */
  zeroedBy?: 'critical metric' | 'no data';
  /** Measurements of the shortest series. */
  points: number;
  /** The metrics that did not pass; without an effect if there was no data. */
  failing: readonly { name: string; label: string; effect?: number }[];
}

/** A check that a Job made has ended. */
export interface CheckEvent {
  type: 'check';
  name: string;
  passed: boolean;
  /** How long its container ran. */
  ms?: number;
  /** Why it failed. */
  message?: string;
  /** The last lines that it printed. */
  lines: readonly string[];
}

/** One entry of the history that a Lease keeps. Entries of older versions have the first five fields only. */
export interface PastOutcome {
  outcome: OutcomeKind;
  /** What the workload runs, or was to run, after that outcome. */
  image: string;
  reason: string;
  /** Who promoted, for people. */
  by: string;
  /** When it ended: ISO 8601. */
  at: string;
  /** The image that ran before, and the one that was promoted. */
  from?: string;
  to?: string;
  /** When the promotion began: ISO 8601. */
  startedAt?: string;
  /** The largest weight that the canary had, in percent. */
  weight?: number;
  code?: ErrorCode;
  /** What would have noticed a bad release; empty if nothing. */
  watched?: readonly string[];
}
