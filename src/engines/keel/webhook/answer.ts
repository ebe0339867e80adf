import type { ErrorCode } from '../../../errors.ts';

/** What an endpoint answered. Header names are in lower case. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The beginning of it, at most ANSWER_LIMIT bytes. */
  readonly body: string;
  /** There was more than that. */
  readonly isCut: boolean;
}

/** Why there is no answer. `code` is that of Node's system or TLS error, or TIMEOUT, CANCELLED or UNKNOWN. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** One try: what was answered, or why nothing was, and how long that took in milliseconds. */
export interface Attempt {
  readonly answer: Answer | undefined;
  readonly failure: Failure | undefined;
  readonly ms: number;
}

/** What one address made of the webhook. */
export interface Verdict {
  readonly accepted: boolean;
  /** Whether Keel may have queued it all the same: an answer that got lost says nothing about what was done before. */
  readonly taken: 'yes' | 'no' | 'unknown';
  /** What kind of fault it is; undefined if the webhook was accepted. */
  readonly code: ErrorCode | undefined;
  /** What follows on "ADDRESS: ", without a full stop. */
  readonly message: string;
  /** A sentence; nothing where all is well. */
  readonly hint: string | undefined;
}

/** No answer of Keel's webhook is longer than a line; a page of a proxy is cut here. In bytes. */
export const ANSWER_LIMIT = 16 * 1024;
