import { closest, distance } from 'fastest-levenshtein';

const MAX_DISTANCE = 3;
const MAX_LENGTH = 40;

/** The known name that a misspelt one is close to; undefined if none is. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const head = name.slice(0, MAX_LENGTH);
  const near = closest(head, [...known]);
  return distance(head, near) <= Math.min(MAX_DISTANCE, Math.floor(name.length / 2)) ? near : undefined;
}
