import { runInThisContext } from 'node:vm';

/** How Keel may change a workload: `keel.sh/policy` and two related annotations. */
export interface Policy {
  /** `all`, `major`, `minor`, `patch`, `force`, `glob:…`, `regexp:…`; Keel ignores anything else. */
  readonly text: string;
  /** `keel.sh/matchTag`: `force` writes only the tag that runs. */
  readonly matchTag: boolean;
  /** `keel.sh/matchPreRelease`: true if it is not set. */
  readonly matchPreRelease: boolean;
}

/**
 * Whether Keel would write a tag, and why not, as the end of a sentence. `unknown` if versions of Keel
 * differ, or the result cannot be computed here.
 */
export interface Judgement {
  readonly writes: 'yes' | 'no' | 'unknown';
  readonly reason: string;
}

const YES: Judgement = { writes: 'yes', reason: '' };
const no = (reason: string): Judgement => ({ writes: 'no', reason });

/**
 * The last version whose `force` replaces a newer version with an older one (measured); its successor does
 * not.
 */
const LAST_DOWNGRADING = '0.22.1';

/**
 * Whether Keel would replace `running` with `tag` under a policy. It was measured on Keel 0.22.1 and its
 * successor, for each pair in test/engines/keel/forecast/policy.test.ts.
 *
 * @param running the tag that runs, `latest` if the image has none; undefined if a digest pins it
 * @param keel the version of Keel, if it is known
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
  return no(`Keel does not know its policy "${text}"`);
}

/** Whether the webhook may be sent again, because Keel would not write the same tag twice. */
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
      : no(`it runs ${running ?? 'a digest'}, and keel.sh/matchTag allows only the same tag`);
  }
  const [now, next] = [versionOf(running), versionOf(tag)];
  if (now === undefined || next === undefined || compare(next, now) >= 0) return YES;
  const [own, last] = [versionOf(keel), versionOf(LAST_DOWNGRADING)];
  if (own === undefined || last === undefined) {
    return {
      writes: 'unknown',
      reason: `${tag} is older than ${running}: Keel ${LAST_DOWNGRADING} writes it under "force", later versions do not`,
    };
  }
  return compare(own, last) <= 0 ? YES : no(`${tag} is older than ${running}`);
}

// the last version that is reported to drop it (keel-hq/keel#772); of later ones nothing is known
const LAST_DROPPING = '0.20.99';

/** Whether Keel can write a workload that has native sidecars, by their names. */
export function writesSidecars(names: readonly string[], keel: string | undefined): Judgement {
  if (names.length === 0) return YES;
  const [own, last] = [versionOf(keel), versionOf(LAST_DROPPING)];
  const isKnown = own !== undefined && last !== undefined && compare(own, last) <= 0;
  const what = `the \`restartPolicy\` of its native sidecar ${names.join(', ')}; the API server then refuses the update, or the new pods wait for the sidecar to end`;
  return isKnown
    ? no(`Keel ${keel} drops ${what}`)
    : { writes: 'unknown', reason: `Keel 0.20 drops ${what}, and other versions may do so` };
}

/** The policy `glob:…`. Keel compares the tags as strings, so build-10 comes before build-9. */
function globbed(pattern: string, running: string | undefined, tag: string): Judgement {
  if (!isGlobMatch(pattern, tag)) return no(`${tag} does not match glob:${pattern}`);
  if (running === undefined) return { writes: 'unknown', reason: 'a digest pins its image' };
  // the same order as Go's: by code points, which in tags are ASCII
  return tag > running
    ? YES
    : no(`${tag} does not sort after ${running}, and glob compares tags alphabetically`);
}

/** The policy `regexp:…`. It has no order, so Keel also writes an older version. */
function matched(pattern: string, tag: string): Judgement {
  const isMatch = isExpressionMatch(pattern, tag);
  if (isMatch === undefined)
    return { writes: 'unknown', reason: `this program cannot evaluate regexp:${pattern}` };
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
  if (next === undefined) return no(`${tag} is not a version, but policy ${scope} compares versions`);
  if (now === undefined)
    return no(
      `the running tag (${running ?? 'a digest'}) is not a version, but policy ${scope} compares versions`,
    );
  if (compare(next, now) <= 0)
    return no(tag === running ? `it runs ${tag}` : `${tag} is not newer than ${running}`);
  const within = { all: 0, major: 0, minor: 1, patch: 2 }[scope];
  if (next.numbers.slice(0, within).some((number, index) => number !== now.numbers[index])) {
    return no(`${running} to ${tag} is more than policy ${scope} allows`);
  }
  if (scope !== 'all' && matchPreRelease && next.preRelease !== now.preRelease) {
    return no(
      `the pre-releases of ${running} and ${tag} differ, but policy ${scope} requires equal ones (keel.sh/matchPreRelease)`,
    );
  }
  return YES;
}

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: string;
}

/** A version as Keel reads it: an optional `v`, and at least two numbers. */
const VERSION = /^v?(\d{1,19})\.(\d{1,19})(?:\.(\d{1,19}))?(?:-([0-9A-Za-z.-]+))?$/;

function versionOf(tag: string | undefined): Version | undefined {
  const found = VERSION.exec(tag ?? '');
  if (!found) return undefined;
  const [, major = '0', minor = '0', patch = '0', preRelease = ''] = found;
  return { numbers: [BigInt(major), BigInt(minor), BigInt(patch)], preRelease };
}

/** Compares by the precedence of semver 2.0.0, section 11. */
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

/**
 * Matches a glob in which only `*` is special. It is not converted to a regular expression, because many
 * stars would take exponential time.
 */
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
 * Matches a pattern of Go (RE2) with JavaScript's syntax; undefined if JavaScript cannot. Anyone who may
 * annotate a workload can write the pattern, and JavaScript backtracks, so the match has a time limit.
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
