import { cleanEnv, makeValidator } from 'envalid';
import { PromoteError } from '../errors.ts';
import { crossFaults } from './cross-checks.ts';
import { readEnvironment } from './read-environment.ts';
import type { Settings } from './settings.ts';
import { type Name, type Setting, TABLE } from './table.ts';

/** The image says its own name here, set when it is built (Dockerfile). */
const IMAGE_VARIABLE = 'DRONE_PROMOTE_IMAGE';

/**
 * The settings of a run, from `PLUGIN_*`; the only place that reads them.
 *
 * @throws PromoteError `settings` that lists every fault, not only the first
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const faults: string[] = [];
  const settings = parseSettings(readEnvironment(env, faults), env, faults);
  if (faults.length === 0) faults.push(...crossFaults(settings));
  throwIfAny(faults);
  return Object.freeze(settings);
}

/**
 * The settings that texts say, each by itself.
 *
 * @param faults is added to; if it is empty, the settings are whole
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
        if (error) faults.push(`\`${name}\` ${error.message.replace(/\.?$/, '.')}`);
      }
    },
  });
  const given = { ...values } as unknown as Settings;
  return { ...given, guard_image: given.guard_image ?? (env[IMAGE_VARIABLE] || undefined) };
}

/** @throws PromoteError `settings` that lists every fault */
export function throwIfAny(faults: readonly string[]): void {
  if (faults.length === 0) return;
  throw new PromoteError('settings', faults.join('\n'), { hint: 'All settings: docs/settings.md' });
}

/** The row as envalid's validator. The default is parsed like anything that a user writes. */
function validatorOf(row: Setting<unknown>) {
  const fallback = row.default === undefined ? undefined : row.parse(row.default);
  const validator = makeValidator<object>((text) => row.parse(text) as object);
  return fallback === undefined
    ? validator({ default: undefined, desc: row.description })
    : validator({ default: fallback as object, desc: row.description });
}
