import { parseDuration, shorten } from '../duration.ts';
import { attempt } from '../faults.ts';
import { nearestName } from '../nearest.ts';

/**
 * Typed access to the fields of a map that a user wrote. A field that cannot be read is undefined; its fault
 * is in `faults`.
 */
export interface Fields {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Milliseconds. */
  duration(key: string): number | undefined;
  flag(key: string): boolean | undefined;
  word<W extends string>(key: string, words: readonly W[]): W | undefined;
  /** A map of strings. */
  texts(key: string): Readonly<Record<string, string>> | undefined;
  /** The keys that were written. */
  readonly keys: readonly string[];
  /** Faults of unknown keys, and of the fields that were read so far. */
  readonly faults: string[];
}

/** @throws Error if the item is not a map */
export function fieldsOf(item: unknown, known: readonly string[]): Fields {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new Error('must be a string or a map');
  const given = new Map<string, unknown>(Object.entries(item));
  const faults = [...given.keys()].flatMap((key) => (known.includes(key) ? [] : unknownKey(key, known)));
  const field =
    <T>(read: (value: unknown, key: string) => T) =>
    (key: string): T | undefined => {
      const value = given.get(key);
      return value === undefined ? undefined : attempt(faults, () => read(value, key));
    };
  return {
    keys: [...given.keys()],
    faults,
    text: field(text),
    number: field(number),
    duration: field((value) => parseDuration(String(value))),
    flag: field(flag),
    word: (key, words) => field((value) => word(value, key, words))(key),
    texts: field(texts),
  };
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  return `unknown key "${shorten(key)}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
}

function text(value: unknown, key: string): string {
  if (typeof value !== 'string') throw new Error(`\`${key}\` must be a string`);
  return value;
}

function number(value: unknown, key: string): number {
  const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
  if (!isNumber || !Number.isFinite(Number(value))) throw new Error(`\`${key}\` must be a number`);
  return Number(value);
}

function flag(value: unknown, key: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw new Error(`\`${key}\` must be true or false`);
}

function word<W extends string>(value: unknown, key: string, words: readonly W[]): W {
  const given = text(value, key);
  const found = words.find((each) => each === given);
  if (found === undefined)
    throw new Error(`\`${key}\` must be one of ${words.join(', ')}, not "${shorten(given)}"`);
  return found;
}

function texts(value: unknown, key: string): Readonly<Record<string, string>> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || !Object.values(value).every((each) => typeof each === 'string'))
    throw new Error(`\`${key}\` must be a map of strings`);
  return value as Record<string, string>;
}
