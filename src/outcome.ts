import type { ErrorCode } from './errors.ts';

/** What a step ends as. The words are the same in the log, the record, the outputs and the documentation. */
export type OutcomeKind = 'promoted' | 'held' | 'aborted' | 'superseded' | 'refused' | 'stuck' | 'shown';

/** The end of a run: the word, why, and what it left behind. */
export interface Outcome {
  kind: OutcomeKind;
  /** One sentence, for the last line of the log. */
  reason: string;
  /** What a person can do next; lines, commands included. */
  hints: readonly string[];
  /** What refused or broke it (docs/errors.md); every refusal has one. */
  code?: ErrorCode;
  /**
   * What was promoted to: `deployment/web` or `rollout/web`, and its namespace. Of a refusal, what the
   * settings say.
   */
  workload?: string;
  namespace?: string;
  /** The image that ran before, and the one that was promoted, whichever of them runs now. */
  from?: string;
  to?: string;
  /**
   * When the promotion began, in milliseconds since the epoch: with the first run of one that was continued.
   */
  startedAt?: number;
  durationMs?: number;
  /** The image that this outcome is about: mostly the one that runs, or is to run, after it. */
  image?: string;
  digest?: string;
  /** Canary weight in percent at the end. */
  weight?: number;
  /** The largest weight that the canary had before it was taken back, in percent. */
  reachedWeight?: number;
  /**
   * The user asked for this end (`action: abort`): a success of the step, where the same end is otherwise a
   * failure.
   */
  requested?: boolean;
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

/** The exit code of an outcome: 0 also for an abort that was asked for. */
export function exitCodeOf(outcome: Outcome): number {
  return outcome.kind === 'aborted' && outcome.requested ? 0 : EXIT_CODES[outcome.kind];
}
