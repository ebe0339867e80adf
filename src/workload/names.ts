import { createHash } from 'node:crypto';

/** `NAME-canary`; too long a name is cut, with a hash of the whole, so that two do not meet. */
export function canaryName(name: string, limit: number): string {
  return nameWith(name, 'canary', limit);
}

/** `NAME-baseline`, cut likewise. */
export function baselineName(name: string, limit: number): string {
  return nameWith(name, 'baseline', limit);
}

/**
 * The name with a word behind it; too long a name is cut, with a hash of the whole, so that two do not meet.
 */
export function nameWith(name: string, word: string, limit: number): string {
  const whole = `${name}-${word}`;
  if (whole.length <= limit) return whole;
  const hash = hashOf(name, 6);
  const cut = name.slice(0, limit - word.length - hash.length - 2);
  // a name that is cut behind a dot would not be one any more
  return `${cut.replace(/[^A-Za-z0-9]+$/, '')}-${hash}-${word}`;
}

/** The first digits of a hash, for names. */
export function hashOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
