import type { IncomingMessage } from 'node:http';

/** A fault that waits for its requests. */
export interface Fault {
  /** How many requests it meets. */
  times: number;
  matches(request: IncomingMessage): boolean;
  /**
   * An answer in place of the real one; `reset` closes the connection; `lose-answer` carries the request out, then closes it; `delay`
   * waits (milliseconds), then answers as usual.
   */
  effect: { status: number; retryAfter?: number } | 'reset' | 'lose-answer' | { delay: number };
}

/** Faults on demand. */
export interface Faults {
  add(fault: Fault): void;
  /** The fault for this request, if one waits for it; it is used up. */
  take(request: IncomingMessage): Fault['effect'] | undefined;
}

export function createFaults(): Faults {
  const waiting: Fault[] = [];
  return {
    add: (fault) => {
      waiting.push({ ...fault });
    },
    take(request) {
      const found = waiting.find((fault) => fault.times > 0 && fault.matches(request));
      if (!found) return undefined;
      found.times -= 1;
      return found.effect;
    },
  };
}
