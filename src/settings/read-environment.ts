import { closest, distance } from 'fastest-levenshtein';
import { shown } from './duration.ts';
import { type Name, TABLE } from './table.ts';

const PREFIX = 'PLUGIN_';

/** The variable that carries a setting. */
export function variableOf(name: Name): string {
  return PREFIX + name.toUpperCase();
}

/**
 * The settings as texts, by name. Drone makes `PLUGIN_` and the upper-case name, dashes kept, so that dash and underscore are the same
 * here. Empty is not set, but for secrets: a secret that is missing, or not allowed for the event, arrives as set and empty.
 *
 * @param faults is added to
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
): Map<Name, string> {
  const found = new Map<Name, string>();
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.toUpperCase().startsWith(PREFIX) || value === undefined) continue;
    const name = variable.slice(PREFIX.length).toLowerCase().replaceAll('-', '_');
    if (!isName(name)) {
      faults.push(unknownSetting(name));
      continue;
    }
    const fault = secretFault(name, value);
    if (fault !== undefined) faults.push(fault);
    if (fault !== undefined || value.trim() === '') continue;
    const before = found.get(name);
    if (before !== undefined && before !== value) {
      faults.push(`\`${name}\` is given twice, with different values (dash and underscore are the same).`);
      continue;
    }
    found.set(name, value);
  }
  return found;
}

export function isName(name: string): name is Name {
  return Object.hasOwn(TABLE, name);
}

/** Says that a name is no setting, with the nearest one. */
export function unknownSetting(name: string): string {
  const near = closest(name.slice(0, 40), Object.keys(TABLE));
  const hint =
    distance(name.slice(0, 40), near) <= Math.min(3, Math.floor(name.length / 2))
      ? ` Did you mean \`${near}\`?`
      : '';
  return `\`${shown(name)}\` is not a setting.${hint}`;
}

/** Drone puts a secret in place only where `from_secret` stands directly below the setting; deeper it stays as it is. */
function secretFault(name: Name, value: string): string | undefined {
  if (/"from_secret"\s*:/.test(value)) {
    return `\`${name}\` has a from_secret inside a list or map, which Drone does not replace. Write it directly: ${name}: { from_secret: NAME }.`;
  }
  const row: { secret?: true } = TABLE[name];
  if (value.trim() === '' && row.secret) {
    return `\`${name}\` is set and empty: its secret does not exist, or is not allowed for this event or repository.`;
  }
  return undefined;
}
