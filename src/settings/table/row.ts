import { parseDuration } from '../duration.ts';
import * as parse from '../parsers.ts';

/** How a release is deployed. */
export type Engine = 'native' | 'argo' | 'keel';

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
  /** By which engines the setting is required, or with which other setting, for the documentation. */
  required?: string;
  /** As a user would write it in YAML. Without it the documentation makes one of the type or the default. */
  example?: string;
  /** The engines that use the setting; all of them if it is not set. */
  engines?: readonly Engine[];
  secret?: true;
  description: string;
}

/** What a row says to people. */
type Texts = Pick<Setting<unknown>, 'example' | 'engines' | 'description'>;

/** Makes a row. */
export function setting<T, const D extends string | undefined>(row: Setting<T, D>): Setting<T, D> {
  return Object.freeze(row);
}

/** A setting that is one of a few words. */
export function choice<const W extends readonly string[]>(
  words: W,
  row: { default: W[number] } & Texts,
): Setting<W[number], W[number]> {
  return setting({ ...row, type: words.join(', '), parse: parse.word(words) });
}

/** A setting that is true or false, and false by default. */
export function flag(row: Texts): Setting<boolean, 'false'> {
  return setting({ ...row, type: 'boolean', parse: parse.flag, default: 'false' });
}

export const duration = { type: 'duration', parse: (given: string) => parseDuration(given.trim()) } as const;
export const line = { type: 'string', parse: parse.line, default: undefined } as const;
export const secret = { ...line, secret: true } as const;
