import { parseDuration } from '../duration.ts';
import * as parse from '../parsers.ts';

/**
 * A row of the table: everything about one setting. Validators, messages and documentation are generated from
 * it.
 */
export interface Setting<T, D extends string | undefined = string | undefined> {
  /** For the documentation: `string`, `list`, `duration`, or the allowed words. */
  type: string;
  parse: parse.Parser<T>;
  /** As a user would write it; undefined if the setting has no default. */
  default: D;
  /** When the setting is required, for the documentation: "by the keel engine". */
  required?: string;
  secret?: true;
  description: string;
}

/** Makes a row. */
export function setting<T, const D extends string | undefined>(row: Setting<T, D>): Setting<T, D> {
  return Object.freeze(row);
}

/** A setting that is one of a few words. */
export function choice<const W extends readonly string[]>(
  words: W,
  row: { default: W[number]; description: string },
): Setting<W[number], W[number]> {
  return setting({ ...row, type: words.join(', '), parse: parse.word(words) });
}

/** A setting that is true or false, and false by default. */
export function flag(row: { description: string }): Setting<boolean, 'false'> {
  return setting({ ...row, type: 'boolean', parse: parse.flag, default: 'false' });
}

export const duration = { type: 'duration', parse: (given: string) => parseDuration(given.trim()) } as const;
export const line = { type: 'string', parse: parse.line, default: undefined } as const;
export const secret = { ...line, secret: true } as const;
