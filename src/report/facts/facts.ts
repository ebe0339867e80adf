import type { CheckEvent, RunEvent } from '../../events.ts';
import type { CheckResult, ComparisonResult, ScoreResult } from '../../measurements.ts';
import type { Outcome, PastOutcome } from '../../outcome.ts';
import type { Rates } from '../rates.ts';

/** The first entries of a list, and how many there were. */
export interface Limited<T> {
  shown: readonly T[];
  total: number;
}

/** A text and its lines. */
export interface Block {
  title: string;
  lines: Limited<string>;
}

/** A stage of the promotion, from when it began to when the next one did. Times: milliseconds since the epoch. */
export interface StageFact {
  name: string;
  kind: string;
  /** The weight that was last written when the stage ended; absent if none was. */
  weight?: number;
  from: number;
  /** Absent while the stage runs. */
  to?: number;
  /** How long the stage holds its state, as planned. */
  plannedMs?: number;
  /** What the engine waited for, and other things that happened in it. */
  notes: Limited<string>;
}

/** What was measured in a stage or, with an empty stage, in the whole run. */
export interface MeasuredFact {
  stage: string;
  workload?: string;
  weight?: number;
  comparisons: readonly ComparisonResult[];
  score?: ScoreResult;
  blind?: string;
  failed: boolean;
  /** These are the last counts of a stage that did not come to its end. */
  unfinished?: true;
}

/** The counts at one moment. */
export interface CountedFact {
  at: number;
  stage: string;
  weight: number;
  /** Requests of the last polls: those on the canary, and all. */
  share?: { canary: number; total: number };
  comparisons: readonly ComparisonResult[];
}

/** A check of the user, with the stage in which it was measured last. */
export interface CheckFact extends CheckResult {
  stage: string;
}

/** A pod in trouble. */
export interface TroubleFact {
  at: number;
  pod: string;
  container?: string;
  reason: string;
  message: string;
  log: Limited<string>;
}

/** All that a page shows. The file of JSON has the same. */
export interface Facts {
  /** The version of this program; empty before the run began. */
  version: string;
  /** Times: milliseconds since the epoch. */
  startedAt?: number;
  /** When this was written. */
  at: number;
  /** Absent while the promotion runs. */
  outcome?: Outcome;
  build?: RunEvent['build'];
  settings: readonly { name: string; value?: string }[];
  subject?: { action: string; workload: string; namespace: string; from: string; to: string; by: string };
  /** A run that resumed the promotion at this stage. */
  resumed?: string;
  /** Why the promotion was rolled back. */
  down?: string;
  watchers: readonly { name: string; state: string; detail: string }[];
  stages: Limited<StageFact>;
  /** The weights are shares of the pods of a rolling update, and not of the users. */
  weightOf?: 'pods';
  /** Each weight that was written. */
  weights: Limited<{ at: number; weight: number }>;
  measured: readonly MeasuredFact[];
  counted: Limited<CountedFact>;
  checks: readonly CheckFact[];
  jobs: readonly CheckEvent[];
  troubles: Limited<TroubleFact>;
  warnings: Limited<string>;
  notes: Limited<string>;
  writes: Limited<{ at: number; verb: 'create' | 'update' | 'delete'; object: string; message: string }>;
  plans: Limited<Block>;
  diffs: Limited<Block>;
  /** What was sent to webhooks, and what they answered. */
  webhooks: Limited<{ url: string; result: string }>;
  history: readonly PastOutcome[];
  /** What the history says of the releases; absent without one. */
  rates?: Rates;
}

/** What is known so far. */
export interface Story extends Omit<Facts, 'at' | 'counted' | 'measured'> {
  measured: readonly MeasuredFact[];
  counted: Thinned;
}

/** Every `step`-th of the counts, so that a promotion of any length fits into the same room. */
export interface Thinned {
  kept: readonly CountedFact[];
  step: number;
  total: number;
  /** The newest one, whether it is kept or not. */
  newest?: CountedFact;
}
