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
  image?: string;
  digest?: string;
  /** Canary weight in percent at the end. */
  weight?: number;
  /** The user asked for this end (`action: abort`): a success of the step, where the same end is otherwise a failure. */
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
