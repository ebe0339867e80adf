const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d{1,9}(?:ms|s|m|h)){1,4}$/;
const PART = /(\d+)(ms|s|m|h)/g;
/** The longest delay of a timer: Node fires a longer one immediately. */
const MAX_MS = 2 ** 31 - 1;

/**
 * Reads a duration such as `30s`, `5m`, `1h30m` or `500ms`; `0` needs no unit.
 *
 * @returns milliseconds
 * @throws Error if the unit is missing, the form is wrong, or the duration is longer than a timer can wait
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (/^\d{1,9}$/.test(text)) throw new Error(`"${text}" has no unit; write ${text}s or ${text}m`);
  if (!WHOLE.test(text)) {
    throw new Error(`"${shorten(text)}" is not a duration; examples: 30s, 5m, 1h30m`);
  }
  const parts = [...text.matchAll(PART)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
  if (ms > MAX_MS) throw new Error(`"${shorten(text)}" is longer than 24 days`);
  return ms;
}

/** Shortens a value for a message, because a user may give megabytes. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
