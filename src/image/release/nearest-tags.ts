import { distance } from 'fastest-levenshtein';

const SHOWN = 5;
/** Only this many tags of a repository are compared. */
const MOST = 5_000;

/**
 * The tags that are most similar to the missing one, nearest first. An additional `v` or another last number
 * makes little difference.
 */
export function nearestTags(missing: string, tags: readonly string[]): string[] {
  const plain = (tag: string) => tag.toLowerCase().replace(/^v(?=\d)/, '');
  const wanted = plain(missing);
  const rank = (tag: string) => {
    const given = plain(tag);
    const common = commonPrefix(given, wanted);
    return distance(given, wanted) - common / 2;
  };
  return tags
    .filter((tag) => !/^sha256-[0-9a-f]{64}/.test(tag))
    .slice(-MOST)
    .map((tag) => ({ tag, rank: rank(tag) }))
    .sort((a, b) => a.rank - b.rank || (a.tag < b.tag ? 1 : -1))
    .slice(0, SHOWN)
    .map(({ tag }) => tag);
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}
