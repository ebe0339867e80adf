import { stripVTControlCharacters } from 'node:util';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';

/**
 * A report of a run. It gets all events, and the outcome at the end, without secrets. `at` is the time, in
 * milliseconds since the epoch. It must not throw, because a report must not end a promotion.
 */
export interface Reporter {
  event(event: PromotionEvent, at: number): void;
  /** Nothing has happened for a minute. */
  idle?(at: number): void;
  /** Ends what a report does beside the run. The run waits for it, so that its warnings come before the outcome. */
  closing?(outcome: Outcome, at: number): Promise<void>;
  outcome(outcome: Outcome, at: number): void;
}

/**
 * Combines reporters into one. Secrets are masked only here, and every reporter gets the same masked data.
 *
 * @param reporters may grow during the run
 * @param mask replaces every secret in a text with a mask
 */
export function reportTo(reporters: readonly Reporter[], mask: (text: string) => string): Reporter {
  return {
    event(event, at) {
      const masked = maskedData(event, mask);
      for (const reporter of reporters) reporter.event(masked, at);
    },
    idle(at) {
      for (const reporter of reporters) reporter.idle?.(at);
    },
    async closing(outcome, at) {
      const masked = maskedData(outcome, mask);
      await Promise.all(reporters.map((reporter) => reporter.closing?.(masked, at)));
    },
    outcome(outcome, at) {
      const masked = maskedData(outcome, mask);
      for (const reporter of reporters) reporter.outcome(masked, at);
    },
  };
}

/**
 * Fields that are not masked. Reporters compare their values, so a secret that happens to be such a word must
 * not change them.
 */
const WORDS = new Set(['type', 'kind', 'verb']);

/** A copy of the data with every text masked, at any depth. */
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

/**
 * Masks a text with and without terminal escapes. A log removes escapes, and this must not put a secret
 * together.
 */
function maskedText(text: string, mask: (text: string) => string): string {
  const plain = stripVTControlCharacters(text);
  const hidden = mask(plain);
  return hidden === plain ? mask(text) : hidden;
}
