import { isHarness, isSetByHarness } from './ci/harness.ts';
import { type Name, TABLE } from './table/index.ts';
import { describeUnknown } from './unknown-setting.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'PLUGIN_';

/** The settings as texts, and what is wrong with their names. */
export interface GivenTexts {
  texts: Map<Name, string>;
  faults: string[];
  /** What the user should know although the run goes on. */
  warnings: string[];
}

/** The variable that carries a setting. */
export function variableOf(name: Name): string {
  return PREFIX + name.toUpperCase();
}

/**
 * Reads the settings as texts, by name. Drone makes `PLUGIN_` and the upper-case name and keeps dashes, so
 * dash and underscore mean the same here. An empty text is not set, except for a secret: one that is missing,
 * or not allowed for the event, arrives empty.
 *
 * An unknown name is a fault. On Harness it is a warning, because each variable `PLUGIN_…` of a stage reaches
 * all of its steps.
 */
export function readEnvironment(env: Environment): GivenTexts {
  const given: GivenTexts = { texts: new Map(), faults: [], warnings: [] };
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.toUpperCase().startsWith(PREFIX) || value === undefined) continue;
    const name = variable.slice(PREFIX.length).toLowerCase().replaceAll('-', '_');
    if (isHarness(env) && isSetByHarness(name, value)) continue;
    if (isName(name)) readSetting(name, value, given);
    else (isHarness(env) ? given.warnings : given.faults).push(describeUnknown(name, value));
  }
  return given;
}

function readSetting(name: Name, value: string, { texts, faults }: GivenTexts): void {
  const fault = secretFault(name, value);
  if (fault !== undefined) {
    faults.push(fault);
    return;
  }
  if (value.trim() === '') return;
  const before = texts.get(name);
  if (before !== undefined && before !== value)
    faults.push(`\`${name}\` is given twice with different values (dashes and underscores mean the same).`);
  else texts.set(name, value);
}

export function isName(name: string): name is Name {
  return Object.hasOwn(TABLE, name);
}

/** Drone replaces `from_secret` only directly below the setting; a deeper one arrives as it is written. */
function secretFault(name: Name, value: string): string | undefined {
  if (/"from_secret"\s*:/.test(value)) {
    return `\`${name}\` has a from_secret inside a list or map, which Drone does not replace. Write it directly: ${name}: { from_secret: NAME }.`;
  }
  const row: { secret?: true } = TABLE[name];
  if (value.trim() === '' && row.secret) {
    return `\`${name}\` is set but empty: its secret does not exist, or is not allowed for this event or repository.`;
  }
  return undefined;
}

/** The settings that the user set, as texts. */
export function textsOf(env: Environment): ReadonlyMap<Name, string> {
  return readEnvironment(env).texts;
}

/** The settings that the user set, as written, for a report. A secret has no value. */
export function shownSettings(env: Environment): { name: string; value?: string }[] {
  return [...readEnvironment(env).texts].map(([name, value]) => {
    const row: { secret?: true } = TABLE[name];
    return row.secret ? { name } : { name, value };
  });
}

/**
 * A setting of a run whose settings are refused, so that the refusal is reported as wished. Undefined if it is
 * not set, or is wrong too.
 */
export function settingIn<N extends 'report' | 'notify'>(
  env: Environment,
  name: N,
): ReturnType<(typeof TABLE)[N]['parse']> | undefined {
  const given = readEnvironment(env).texts.get(name);
  try {
    return given === undefined
      ? undefined
      : (TABLE[name].parse(given) as ReturnType<(typeof TABLE)[N]['parse']>);
  } catch {
    // the refusal names this fault with the others
    return undefined;
  }
}
