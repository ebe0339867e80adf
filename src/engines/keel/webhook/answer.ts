import type { ErrorCode } from '../../../errors.ts';

/** What an endpoint answered. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The first ANSWER_LIMIT bytes. */
  readonly body: string;
  /** The body is longer than that. */
  readonly isCut: boolean;
}

/**
 * Why there is no answer. `code` is Node's code of a system or TLS error, or TIMEOUT, CANCELLED or UNKNOWN.
 */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** One try: its answer, or why there is none, and its duration in milliseconds. */
export interface Attempt {
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
  readonly ms: number;
}

/** The result of the webhook at one address. */
export interface Verdict {
  readonly accepted: boolean;
  /**
   * Whether Keel queued it. `unknown` if the answer was lost, because Keel may have queued it before that.
   */
  readonly taken: 'yes' | 'no' | 'unknown';
  /** The kind of fault; undefined if the webhook was accepted. */
  readonly code: ErrorCode | undefined;
  /** The text that follows "ADDRESS: ", without a full stop. */
  readonly message: string;
  /** What the user can do, without a full stop; undefined if the webhook was accepted. */
  readonly hint: string | undefined;
}

/** In bytes. Answers of Keel's webhook are one line; the page of a proxy may be longer, and is cut here. */
export const ANSWER_LIMIT = 16 * 1024;
