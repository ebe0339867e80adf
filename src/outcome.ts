import type { ErrorCode } from './errors.ts';

/** How a step ends. The words are the same in the log, the record, the outputs and the documentation. */
type OutcomeKind = 'promoted' | 'held' | 'aborted' | 'superseded' | 'refused' | 'stuck' | 'shown';

/** The end of a run: its kind, its reason, and the state that it left. */
export interface Outcome {
  kind: OutcomeKind;
  /** One sentence, for the last line of the log. */
  reason: string;
  /** What a person can do next, as lines, with commands. */
  hints: readonly string[];
  /** The error code (docs/errors.md); every refusal has one. */
  code?: ErrorCode;
  /**
   * The workload, `deployment/web` or `rollout/web`, and its namespace. After a refusal, those of the
   * settings.
   */
  workload?: string;
  namespace?: string;
  /** The image that ran before, and the one that was promoted, regardless of which one runs now. */
  from?: string;
  to?: string;
  /**
   * When the promotion began, in milliseconds since the epoch. If it was resumed, this is the start of its
   * first run.
   */
  startedAt?: number;
  durationMs?: number;
  /** The image of this outcome: usually the one that runs, or will run, after it. */
  image?: string;
  digest?: string;
  /** Canary weight in percent at the end. */
  weight?: number;
  /** What the weight is a share of, if not of the users. */
  weightOf?: 'pods';
  /** The largest weight that the canary had before it was taken back, in percent. */
  reachedWeight?: number;
  /** The holds that a person has passed, and who did; `at` in milliseconds since the epoch. */
  gates?: readonly Gate[];
  /** What would have noticed a bad release, by name; empty if nothing did (`unwatched: allow`). */
  watched?: readonly string[];
  /**
   * Whether the user requested this end (`action: abort`), so that the step succeeds. Otherwise the same end
   * is a failure.
   */
  requested?: boolean;
  /** An earlier run of the guard ended the same promotion in the same way, and told of it. */
  repeated?: boolean;
}

/** A hold that a person has passed. */
export interface Gate {
  at: number;
  /** The name of the stage. */
  stage: string;
  by: string;
}

/** One entry of the history that a Lease keeps. Entries of older versions have the first five fields only. */
export interface PastOutcome {
  outcome: OutcomeKind;
  /** The image that the workload runs, or was to run, after that outcome. */
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
  /** What would have noticed a bad release; empty if nothing would. */
  watched?: readonly string[];
  gates?: readonly Gate[];
}

/** Exit codes of the process. Never 78: Drone reads it as "passed, and skip the rest of the pipeline". */
const EXIT_CODES: Readonly<Record<OutcomeKind, number>> = {
  promoted: 0,
  held: 0,
  shown: 0,
  aborted: 1,
  superseded: 1,
  refused: 2,
  stuck: 3,
};

/** The exit code of an outcome; 0 for an abort that was requested. */
export function exitCodeOf(outcome: Outcome): number {
  return outcome.kind === 'aborted' && outcome.requested ? 0 : EXIT_CODES[outcome.kind];
}
