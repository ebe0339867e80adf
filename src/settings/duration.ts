const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const WHOLE = /^(?:\d{1,9}(?:ms|s|m|h)){1,4}$/;
const PART = /(\d+)(ms|s|m|h)/g;
/** What a timer can be set to: beyond it, Node's fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads `30s`, `5m`, `1h30m`, `500ms`.
 *
 * @returns milliseconds
 */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  if (/^\d{1,9}$/.test(text)) throw new Error(`"${text}" has no unit; write ${text}s or ${text}m`);
  if (!WHOLE.test(text)) {
    throw new Error(`"${shorten(text)}" is not a duration; examples: 30s, 5m, 1h30m`);
  }
  const parts = [...text.matchAll(PART)];
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0);
  if (ms > LONGEST_MS) throw new Error(`"${shorten(text)}" is longer than 24 days`);
  return ms;
}

/** A value in a message: never megabytes of it. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
