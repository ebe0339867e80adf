/**
 * The one error that users meet. `code` is stable and documented (docs/errors.md), `message` says what happened and what was
 * expected, `hint` says what to do next. The cause goes to the debug log, never to a user as a stack.
 */
export class PromoteError extends Error {
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PromoteError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** The message of anything that was thrown, without a stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A reason to refuse a promotion, with its code (docs/errors.md). All reasons are collected and reported together. */
export interface Refusal {
  code: string;
  message: string;
  hint?: string;
}
