/** Whether a policy of Keel 0.22.1 takes a tag over the running one. As measured, not as documented. */
export type Policy = (running: string, offered: string) => boolean;

interface Version {
  numbers: readonly [number, number, number];
  pre: string;
}

type Settings = Readonly<Record<string, string>>;

/** How many leading numbers have to stay. */
const SCOPES: Readonly<Record<string, number>> = { all: 0, major: 0, minor: 1, patch: 2 };

/**
 * The policy of a workload, from its own labels and annotations, not those of its pods; undefined where it has none that Keel knows.
 * For the policy the annotation goes before the label.
 */
export function policyOf(labels: Settings = {}, annotations: Settings = {}): Policy | undefined {
  const read = (key: string) => annotations[`keel.sh/${key}`] ?? labels[`keel.sh/${key}`];
  const name = read('policy') ?? '';
  if (name === 'force') {
    return read('matchTag') === 'true' ? (running, offered) => running === offered : () => true;
  }
  const [kind, pattern = ''] = [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)];
  if (kind === 'glob') return (running, offered) => globMatches(pattern, offered) && offered > running;
  if (kind === 'regexp') return (_, offered) => regexpOf(pattern).test(offered);
  const scope = SCOPES[name];
  if (scope === undefined) return undefined;
  const matchesPre = name !== 'all' && read('matchPreRelease') !== 'false';
  return (running, offered) => semver(running, offered, scope, matchesPre);
}

function semver(running: string, offered: string, scope: number, matchesPre: boolean): boolean {
  if (running === 'latest') return true;
  const [from, to] = [versionOf(running), versionOf(offered)];
  if (!from || !to || compare(to, from) <= 0) return false;
  if (matchesPre && from.pre !== to.pre) return false;
  return from.numbers.slice(0, scope).every((number, index) => number === to.numbers[index]);
}

/** Two or three numbers: `2` and `1.2.3.4` are none (measured). */
function versionOf(tag: string): Version | undefined {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?$/.exec(tag);
  if (!found) return undefined;
  const [, major, minor, patch = '0', pre = ''] = found;
  return { numbers: [Number(major), Number(minor), Number(patch)], pre };
}

/** semver.org, section 11. */
function compare(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.pre === '' || b.pre === '') return (a.pre === '' ? 1 : 0) - (b.pre === '' ? 1 : 0);
  const [left, right] = [a.pre.split('.'), b.pre.split('.')];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(part), /^\d+$/.test(other)];
    if (isNumber && isOtherNumber) return Number(part) - Number(other);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return part < other ? -1 : 1;
  }
  return left.length - right.length;
}

function globMatches(pattern: string, text: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text);
}

/** Go names a group `(?P<name>…)`. */
function regexpOf(pattern: string): RegExp {
  return new RegExp(pattern.replaceAll('(?P<', '(?<'));
}
