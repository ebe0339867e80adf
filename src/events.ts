import type { CheckResult, ComparisonResult, ScoreResult } from './measurements.ts';
import type { PastOutcome } from './outcome.ts';
import type { Progress } from './progress.ts';

/**
 * What happened, as data. An engine is an async generator of events, and each reporter is a fold over them,
 * so that a new reporter changes no engine. Events contain facts; report/lines.ts makes the sentences.
 * Durations are milliseconds, weights percent, rates 0 to 1. The time of an event is the time at which a
 * reporter gets it.
 */
export type PromotionEvent =
  | RunEvent
  | CountedEvent
  /** `history`: the last outcomes of the workload, newest first, for a page. */
  | { type: 'plan'; title: string; lines: readonly string[]; history?: readonly PastOutcome[] }
  | StatusEvent
  | CheckedEvent
  | { type: 'warning'; message: string }
  | { type: 'note'; message: string }
  | { type: 'debug'; message: string }
  /** What the registry knows about the image of the release. */
  | { type: 'image'; image: string; message: string }
  /** After the promotion, a tag was set on the digest of the release, moved to it, or already on it. */
  | { type: 'tagged'; image: string; message: string }
  /** What would notice a bad release, as found before the start. */
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
  /** An unfinished promotion resumes, at this stage. */
  | { type: 'resumed'; workload: string; to: string; stage: string }
  | StageEvent
  | { type: 'write'; verb: 'create' | 'update' | 'delete'; object: string; message: string }
  /**
   * A weight was written into the routes. `pods`: the share that it really is, if the pods split. With `weightOf` it is the share of the
   * pods of a rolling update that run the release and are ready, and no route is written.
   */
  | {
      type: 'weight';
      weight: number;
      weightOf?: 'pods';
      routes: readonly string[];
      pods?: { canary: number; total: number };
    }
  /** The engine waits for this. `timeoutMs`: the longest wait, if it has its own limit. */
  | { type: 'waiting'; for: string; timeoutMs?: number }
  | HoldingEvent
  /**
   * The measured share of a stage: `canary` of the last `total` requests. `confirmed` is false if these are
   * too few to tell; the timer of the stage starts anyway.
   */
  | {
      type: 'in-force';
      stage: string;
      weight: number;
      canary: number;
      total: number;
      confirmed: boolean;
      /** A session cookie keeps users on stable, so that fewer than the weight are expected. */
      sticky?: true;
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

/** What `action: status` shows. The newest outcome is first. */
export interface StatusEvent {
  type: 'status';
  title: string;
  /** What a person reads: the same as the other fields, except for the history. */
  lines: readonly string[];
  /** The images that run. */
  images: readonly string[];
  /** Absent if no promotion is in progress. */
  progress?: Progress;
  history: readonly PastOutcome[];
}

/** One line of `action: check`: what is known of one thing before a promotion. */
export interface CheckedEvent {
  type: 'checked';
  /** `settings`, `rights`, `image` …; several lines may be about one. */
  area: string;
  /** `fault`: a promotion would be refused. `note`: it would go on, with less. */
  state: 'ok' | 'note' | 'fault';
  /** A sentence, or what was found; further lines below. */
  detail: string;
  more?: readonly string[];
  /** What mends it: a command or a setting, as the user writes it. */
  help?: string;
}

/** What the run was asked to do, before it does anything. The log does not print it. */
export interface RunEvent {
  type: 'run';
  /** The version of this program. */
  version: string;
  /** The build, as the CI describes it. Empty if the CI does not say it. */
  build: { number: string; link: string; repository: string; commit: string; target: string; who: string };
  /** The settings that the user set, as written. A secret has no value. */
  settings: readonly { name: string; value?: string }[];
}

/**
 * The counts of a stage with users on the canary, since the stage began; once a second at most. The log does
 * not print it.
 */
export interface CountedEvent {
  type: 'counted';
  stage: string;
  weight: number;
  /** Requests of the last polls: those on the canary, and all. Absent if nothing counts them. */
  share?: { canary: number; total: number };
  comparisons: readonly ComparisonResult[];
}

/** A stage begins. */
export interface StageEvent {
  type: 'stage';
  /** From 0. */
  index: number;
  count: number;
  /** A kind of the engine's own stages: `weight`, `hold`, `shift`, `clean-up`, or a step of a Rollout. */
  kind: string;
  name: string;
  /** The weight that the stage sets; absent if it sets none. */
  weight?: number;
  /** How long the stage holds its state once it is reached. */
  endsAfterMs?: number;
  /** The names of the checks that it has of its own. */
  checks?: readonly string[];
}

/** The engine holds a state for a time. */
export interface HoldingEvent {
  type: 'holding';
  /**
   * `step`: the user's step, with users on the canary; `mirror`: copies of requests, without users; `first-contact`: a few users, before the first step;
   * `without-users`: a canary without users; `drain-…`: running requests may end; `settle`: the router
   * applies the change; `bake`: checks watch an update; `recovery`: the cluster's controllers follow the API
   * server again.
   */
  reason:
    | 'step'
    | 'mirror'
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
  /** The whole time that the state is held. */
  ms: number;
  /** When it ends, in milliseconds since the epoch; absent if it begins with this event. */
  endsAt?: number;
}

/** The measurements of a stage or of the whole run, when it ends. */
export interface MeasuredEvent {
  type: 'measured';
  /** The name of the stage; empty for the whole run. */
  stage: string;
  /** The measured workload, if the run updates several: `deployment/shop/web`. */
  workload?: string;
  weight?: number;
  comparisons: readonly ComparisonResult[];
  checks: readonly CheckResult[];
  /** The score of Kayenta's judge for all series. */
  score?: ScoreResult;
  /** There were enough requests to notice a difference that matters. */
  conclusive: boolean;
  /** The reason for a rollback; the event `down` follows. */
  failed?: true;
  /** Why the requests were not compared, if they were not. */
  blind?: string;
}

/** A Job has ended: a check, or one that prepares the data for the release. */
export interface CheckEvent {
  type: 'check';
  /** The setting that it is of; absent for a check. `undo`: it took the work of another one back. */
  of?: 'before' | 'after' | 'undo';
  name: string;
  /** The step that the check belongs to; absent if it ran before the first user. */
  step?: string;
  passed: boolean;
  /** How long its container ran. */
  ms?: number;
  /** Why it failed. */
  message?: string;
  /** The last lines of its log. */
  lines: readonly string[];
}
