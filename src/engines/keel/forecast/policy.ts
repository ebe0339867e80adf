import { runInThisContext } from 'node:vm';

/** What a workload says of how Keel may change it: `keel.sh/policy` and the two switches beside it. */
export interface Policy {
  /** `all`, `major`, `minor`, `patch`, `force`, `glob:…`, `regexp:…`; anything else is none. */
  readonly text: string;
  /** `keel.sh/matchTag`: of `force`, only the tag that runs. */
  readonly matchTag: boolean;
  /** `keel.sh/matchPreRelease`: true where it is not set. */
  readonly matchPreRelease: boolean;
}

/** Whether Keel would write a tag, and why not, as the end of a sentence. `unknown` where versions of Keel differ, or nobody knows. */
export interface Judgement {
  readonly writes: 'yes' | 'no' | 'unknown';
  readonly why: string;
}

const YES: Judgement = { writes: 'yes', why: '' };
const no = (why: string): Judgement => ({ writes: 'no', why });

/** The last version of which it was measured that `force` writes an older version over a newer one; its successor does not. */
const LAST_DOWNGRADING = '0.22.1';

/**
 * Whether Keel would write `tag` over `running` under a policy, as measured on Keel 0.22.1 and its successor (for each pair of the
 * matrix in test/keel/policy.test.ts).
 *
 * @param running the tag that runs, `latest` where the image has none; undefined where it is pinned by a digest
 * @param keel the version of Keel, where it is known
 */
export function wouldWrite(
  policy: Policy,
  running: string | undefined,
  tag: string,
  keel: string | undefined,
): Judgement {
  const { text } = policy;
  if (text === 'force') return forced(policy, running, tag, keel);
  if (text.startsWith('glob:')) return globbed(text.slice('glob:'.length), running, tag);
  if (text.startsWith('regexp:')) return matched(text.slice('regexp:'.length), tag);
  if (text === 'all' || text === 'major' || text === 'minor' || text === 'patch') {
    return ordered(text, policy.matchPreRelease, running, tag);
  }
  if (text === '' || text === 'nil policy') return no('it has no keel.sh/policy');
  if (text === 'never') return no('its policy is "never"');
  return no(`its policy "${text}" is none that Keel knows`);
}

/** Whether the webhook may be sent once more: when it has been carried out, the same again would change nothing. */
export function isRepeatable(policy: Policy, tag: string, keel: string | undefined): boolean {
  return wouldWrite(policy, tag, tag, keel).writes === 'no';
}

function forced(
  { matchTag }: Policy,
  running: string | undefined,
  tag: string,
  keel: string | undefined,
): Judgement {
  if (matchTag) {
    return running === tag
      ? YES
      : no(`it runs ${running ?? 'a digest'}, and keel.sh/matchTag allows the same tag only`);
  }
  const [now, next] = [versionOf(running), versionOf(tag)];
  if (now === undefined || next === undefined || compare(next, now) >= 0) return YES;
  const [own, last] = [versionOf(keel), versionOf(LAST_DOWNGRADING)];
  if (own === undefined || last === undefined) {
    return {
      writes: 'unknown',
      why: `${tag} is older than ${running}: Keel ${LAST_DOWNGRADING} writes it under "force", later ones do not`,
    };
  }
  return compare(own, last) <= 0 ? YES : no(`${tag} is older than ${running}`);
}

/** Keel compares as strings here: build-10 comes before build-9. */
function globbed(pattern: string, running: string | undefined, tag: string): Judgement {
  if (!isGlobMatch(pattern, tag)) return no(`${tag} does not match glob:${pattern}`);
  if (running === undefined) return { writes: 'unknown', why: 'its image is pinned by a digest' };
  // the same order as Go's: by code points, which in tags are ASCII
  return tag > running
    ? YES
    : no(`${tag} does not come after ${running} in the order of letters, as glob compares`);
}

/** There is no order in it: an older version is written too. */
function matched(pattern: string, tag: string): Judgement {
  const isMatch = isExpressionMatch(pattern, tag);
  if (isMatch === undefined) return { writes: 'unknown', why: `regexp:${pattern} cannot be read here` };
  return isMatch ? YES : no(`${tag} does not match regexp:${pattern}`);
}

function ordered(
  scope: 'all' | 'major' | 'minor' | 'patch',
  matchPreRelease: boolean,
  running: string | undefined,
  tag: string,
): Judgement {
  if (running === 'latest') return YES;
  const [now, next] = [versionOf(running), versionOf(tag)];
  if (next === undefined) return no(`${tag} is no version, which policy ${scope} compares`);
  if (now === undefined)
    return no(`what runs (${running ?? 'a digest'}) is no version, which policy ${scope} compares`);
  if (compare(next, now) <= 0)
    return no(tag === running ? `it runs ${tag}` : `${tag} is not newer than ${running}`);
  const within = { all: 0, major: 0, minor: 1, patch: 2 }[scope];
  if (next.numbers.slice(0, within).some((number, index) => number !== now.numbers[index])) {
    return no(`${running} to ${tag} is more than policy ${scope} allows`);
  }
  if (scope !== 'all' && matchPreRelease && next.preRelease !== now.preRelease) {
    return no(
      `the pre-releases of ${running} and ${tag} differ, and policy ${scope} wants them equal (keel.sh/matchPreRelease)`,
    );
  }
  return YES;
}

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: string;
}

/** As Keel reads a version: a `v` before it or not, two numbers at least. */
const VERSION = /^v?(\d{1,19})\.(\d{1,19})(?:\.(\d{1,19}))?(?:-([0-9A-Za-z.-]+))?$/;

function versionOf(tag: string | undefined): Version | undefined {
  const found = VERSION.exec(tag ?? '');
  if (!found) return undefined;
  const [, major = '0', minor = '0', patch = '0', preRelease = ''] = found;
  return { numbers: [BigInt(major), BigInt(minor), BigInt(patch)], preRelease };
}

/** The precedence of semver 2.0.0, section 11. */
function compare(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.preRelease === b.preRelease) return 0;
  if (a.preRelease === '') return 1;
  if (b.preRelease === '') return -1;
  return comparePreReleases(a.preRelease.split('.'), b.preRelease.split('.'));
}

function comparePreReleases(a: readonly string[], b: readonly string[]): number {
  for (const [index, mine] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (mine === other) continue;
    const [isNumber, isOther] = [/^\d+$/.test(mine), /^\d+$/.test(other)];
    if (isNumber && isOther) return BigInt(mine) < BigInt(other) ? -1 : 1;
    if (isNumber !== isOther) return isNumber ? -1 : 1;
    return mine < other ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}

/** Only `*` has a meaning. Walked, not made a regular expression of: many stars would cost exponential time there. */
function isGlobMatch(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = '', ...rest] = parts;
  if (rest.length === 0) return pattern === text;
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length)
    return false;
  let at = first.length;
  const end = text.length - last.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

/**
 * Go's syntax (RE2) in that of JavaScript, as far as the two have the same; undefined where they do not. Whoever may annotate a workload
 * writes the pattern, and JavaScript backtracks: so it is ended after a while.
 */
function isExpressionMatch(pattern: string, tag: string): boolean | undefined {
  const insensitive = pattern.startsWith('(?i)');
  const body = (insensitive ? pattern.slice('(?i)'.length) : pattern)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$');
  try {
    const [source, flags, text] = [body, insensitive ? 'iu' : 'u', tag].map((each) => JSON.stringify(each));
    return runInThisContext(`new RegExp(${source}, ${flags}).test(${text})`, { timeout: 200 }) === true;
  } catch {
    return undefined;
  }
}
