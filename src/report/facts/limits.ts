import type { Limited } from './facts.ts';
import { plain } from './plain.ts';

/** The most of each kind that a page has, so that its size has a bound. */
export const MOST = {
  stages: 60,
  weights: 120,
  measured: 60,
  counted: 600,
  checks: 40,
  troubles: 15,
  logLines: 20,
  messages: 40,
  notes: 12,
  writes: 150,
  blocks: 30,
  blockLines: 120,
  settings: 100,
  history: 10,
  /** Characters of one text. */
  text: 600,
} as const;

/** An empty list. */
export function nothing<T>(): Limited<T> {
  return { shown: [], total: 0 };
}

/** The list with one entry more, which is only counted if the list is full. */
export function plus<T>({ shown, total }: Limited<T>, entry: T, most: number): Limited<T> {
  return { shown: shown.length < most ? [...shown, entry] : shown, total: total + 1 };
}

/** The first lines. */
export function first(lines: readonly string[], most: number): Limited<string> {
  return { shown: lines.slice(0, most).map(clipped), total: lines.length };
}

/** The last lines. */
export function last(lines: readonly string[], most: number): Limited<string> {
  return { shown: lines.slice(-most).map(clipped), total: lines.length };
}

/**
 * A text of a reasonable length, without escapes: an open escape would take text with it that is put beside
 * this one later.
 */
export function clipped(given: string): string {
  const text = plain(given);
  if (text.length <= MOST.text) return text;
  return `${text.slice(0, MOST.text)}… (${text.length - MOST.text} more characters)`;
}

/** The data with every text clipped and every list cut, at any depth. */
export function bounded<T>(data: T, most: number): T {
  return bound(data, most) as T;
}

function bound(data: unknown, most: number): unknown {
  if (typeof data === 'string') return clipped(data);
  if (Array.isArray(data)) return data.slice(0, most).map((each) => bound(each, most));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, bound(value, most)]));
}
