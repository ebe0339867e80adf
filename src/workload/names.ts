import { createHash } from 'node:crypto';

/**
 * The longest name of a Deployment whose pods have it whole in theirs. The API server cuts what is before the
 * five random characters to 58, with the ReplicaSet's hash (10) and two dashes in it
 * (kubernetes, apiserver/pkg/storage/names/generate.go). With more, stable's and the canary's pods would be
 * named alike.
 */
export const LONGEST_POD_OWNER = 46;

/** `NAME-canary`. A name that is too long is cut, and gets a hash of the full name to stay unique. */
export function canaryName(name: string, limit: number): string {
  return nameWith(name, 'canary', limit);
}

/** `NAME-baseline`, cut in the same way. */
export function baselineName(name: string, limit: number): string {
  return nameWith(name, 'baseline', limit);
}

/** `NAME-WORD`. A name that is too long is cut, and gets a hash of the full name to stay unique. */
export function nameWith(name: string, word: string, limit: number): string {
  // a label may be empty, and a value must not begin with the dash
  if (name === '') return word;
  const whole = `${name}-${word}`;
  if (whole.length <= limit) return whole;
  const hash = hashOf(name, 6);
  const cut = name.slice(0, limit - word.length - hash.length - 2);
  // a name must not end with a dot before the dash
  return `${cut.replace(/[^A-Za-z0-9]+$/, '')}-${hash}-${word}`;
}

/** The first hex digits of a hash, for names. */
export function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** A name as the value of a label, which has 63 characters at most. */
export function labelValueOf(name: string): string {
  return cutTo(name, 63);
}

/** A name of at most `limit` characters. A longer one is cut, and gets a hash of the whole to stay unique. */
export function cutTo(name: string, limit: number): string {
  if (name.length <= limit) return name;
  return `${name.slice(0, limit - 7).replace(/[^A-Za-z0-9]+$/, '')}-${hashOf(name, 6)}`;
}
