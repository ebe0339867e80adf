import { cleanEnv, makeValidator } from 'envalid';
import { PromoteError } from '../errors.ts';
import { crossFaults } from './cross-checks.ts';
import { faultsOf } from './faults.ts';
import { readEnvironment } from './read-environment.ts';
import type { Settings } from './settings.ts';
import { type Name, TABLE } from './table/index.ts';
import type { Setting } from './table/row.ts';

/** The name of this image, set when it is built (Dockerfile). */
const IMAGE_VARIABLE = 'DRONE_PROMOTE_IMAGE';

/** What the environment says. */
export interface LoadedSettings {
  settings: Settings;
  /** One sentence each. */
  warnings: readonly string[];
  /** With `action: check`, which tells them with everything else; otherwise there are none. */
  faults: readonly string[];
}

/**
 * Reads the settings of a run from `PLUGIN_*`; the only place that reads them.
 *
 * @throws PromoteError `settings` that lists every fault, not only the first
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>>): LoadedSettings {
  const { texts, faults, warnings } = readEnvironment(env);
  const settings = parseSettings(texts, env, faults);
  if (texts.get('action')?.trim().toLowerCase() === 'check')
    return { warnings, ...checked(texts, env, faults) };
  if (faults.length === 0) faults.push(...crossFaults(settings));
  throwIfAny(faults);
  return { settings: Object.freeze(settings), warnings, faults };
}

/** The settings for a check: those that cannot be parsed have their default, and the faults are not thrown. */
function checked(
  texts: ReadonlyMap<Name, string>,
  env: Readonly<Record<string, string | undefined>>,
  faults: readonly string[],
): Pick<LoadedSettings, 'settings' | 'faults'> {
  const parsed = readable(texts);
  const settings = Object.freeze(parseSettings(parsed, env, []));
  const wrong = [...texts.keys()].filter((name) => !parsed.has(name));
  // a setting that is wrong is not missing, too
  const others = crossFaults(settings).filter((each) => !wrong.some((name) => each.includes(`\`${name}`)));
  return { settings, faults: [...faults, ...others] };
}

/** The texts that can be parsed. */
function readable(texts: ReadonlyMap<Name, string>): ReadonlyMap<Name, string> {
  return new Map(
    [...texts].filter(([name, text]) => {
      try {
        TABLE[name].parse(text);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/**
 * Parses texts, each setting by itself.
 *
 * @param faults is added to; if it is empty, the result is complete
 */
export function parseSettings(
  texts: ReadonlyMap<Name, string>,
  env: Readonly<Record<string, string | undefined>>,
  faults: string[],
): Settings {
  const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];
  const specs = Object.fromEntries(rows.map(([name, row]) => [name, validatorOf(row)]));
  const values = cleanEnv(Object.fromEntries(texts), specs, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors)) {
        if (error)
          faults.push(...faultsOf(error).map((each) => `\`${name}\` ${each.replace(/(?<![.?])$/, '.')}`));
      }
    },
  });
  const given = { ...values } as unknown as Settings;
  return { ...given, guard_image: given.guard_image ?? (env[IMAGE_VARIABLE] || undefined) };
}

/** @throws PromoteError `settings` that lists every fault, if there is one */
export function throwIfAny(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new PromoteError('settings', faults.join('\n'), {
    hint: 'All settings: docs/settings.md, or run this image with `settings`.',
  });
}

/** Makes envalid's validator of a row. The default is parsed like the text of a user. */
function validatorOf(row: Setting<unknown>) {
  const fallback = row.default === undefined ? undefined : row.parse(row.default);
  const validator = makeValidator<object>((text) => row.parse(text) as object);
  return fallback === undefined
    ? validator({ default: undefined, desc: row.description })
    : validator({ default: fallback as object, desc: row.description });
}
