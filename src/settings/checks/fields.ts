import { closest } from 'fastest-levenshtein';
import { parseDuration, shown } from '../duration.ts';

/** The fields of a map that a user wrote, each read as what it should be. All throw an Error that names the key. */
export interface Fields {
  text(key: string): string | undefined;
  number(key: string): number | undefined;
  /** Milliseconds. */
  duration(key: string): number | undefined;
  flag(key: string): boolean | undefined;
  word<W extends string>(key: string, words: readonly W[]): W | undefined;
  /** A map of texts. */
  texts(key: string): Readonly<Record<string, string>> | undefined;
  /** The keys that were written. */
  readonly keys: readonly string[];
}

/** @throws Error where it is no map, or has a key that is not one of `known` */
export function fieldsOf(item: unknown, known: readonly string[]): Fields {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    throw new Error('is neither a text nor a map');
  const given = new Map<string, unknown>(Object.entries(item));
  const unknown = [...given.keys()].find((key) => !known.includes(key));
  if (unknown !== undefined) {
    const near = closest(unknown.slice(0, 40), [...known]);
    throw new Error(`"${shown(unknown)}" is no key of a check; the nearest is "${near}"`);
  }
  const text = (key: string) => {
    const value = given.get(key);
    if (value !== undefined && typeof value !== 'string') throw new Error(`\`${key}\` is not a text`);
    return value;
  };
  return {
    keys: [...given.keys()],
    text,
    number(key) {
      const value = given.get(key);
      if (value === undefined) return undefined;
      const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '');
      if (!isNumber || !Number.isFinite(Number(value))) throw new Error(`\`${key}\` is not a number`);
      return Number(value);
    },
    duration(key) {
      const value = given.get(key);
      return value === undefined ? undefined : parseDuration(String(value));
    },
    flag(key) {
      const value = given.get(key);
      if (value === undefined || typeof value === 'boolean') return value;
      if (value === 'true' || value === 'false') return value === 'true';
      throw new Error(`\`${key}\` is neither true nor false`);
    },
    word(key, words) {
      const value = text(key);
      const found = words.find((word) => word === value);
      if (value !== undefined && found === undefined)
        throw new Error(`\`${key}\` is one of ${words.join(', ')}, not "${shown(value)}"`);
      return found;
    },
    texts(key) {
      const value = given.get(key);
      if (value === undefined) return undefined;
      const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (!isMap || !Object.values(value).every((each) => typeof each === 'string'))
        throw new Error(`\`${key}\` is not a map of texts`);
      return value as Record<string, string>;
    },
  };
}
