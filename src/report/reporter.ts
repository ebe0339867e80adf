import { stripVTControlCharacters } from 'node:util';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/**
 * A report of a run: a fold over its events, ended by its outcome. `at` is the time, in milliseconds since
 * the epoch. What it gets has no secrets any more. It must not throw: a report does not end a promotion.
 */
export interface Reporter {
  event(event: PromotionEvent, at: number): void;
  outcome(outcome: Outcome, at: number): void;
}

/**
 * All reporters as one. This is the one place where secrets are masked: every reporter gets the same data,
 * without them.
 *
 * @param reporters may grow while the run goes on
 * @param mask puts a mask in the place of every secret in a text
 */
export function reportTo(reporters: readonly Reporter[], mask: (text: string) => string): Reporter {
  return {
    event(event, at) {
      const masked = maskedData(event, mask);
      for (const reporter of reporters) reporter.event(masked, at);
    },
    outcome(outcome, at) {
      const masked = maskedData(outcome, mask);
      for (const reporter of reporters) reporter.outcome(masked, at);
    },
  };
}

/**
 * Their values are words of the program, which reporters compare: a secret that is such a word by chance must
 * not change them.
 */
const WORDS = new Set(['type', 'kind', 'verb']);

/** The same data with every text masked, at any depth. */
export function maskedData<T>(data: T, mask: (text: string) => string): T {
  return masked(data, mask) as T;
}

function masked(data: unknown, mask: (text: string) => string): unknown {
  if (typeof data === 'string') return maskedText(data, mask);
  if (Array.isArray(data)) return data.map((each) => masked(each, mask));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, WORDS.has(key) ? value : masked(value, mask)]),
  );
}

/** A log removes the escapes of a terminal: a secret must not come together by that. */
function maskedText(text: string, mask: (text: string) => string): string {
  const plain = stripVTControlCharacters(text);
  const hidden = mask(plain);
  return hidden === plain ? mask(text) : hidden;
}
