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
}

/**
 * Reads the settings of a run from `PLUGIN_*`; the only place that reads them.
 *
 * @throws PromoteError `settings` that lists every fault, not only the first
 */
export function loadSettings(env: Readonly<Record<string, string | undefined>>): LoadedSettings {
  const { texts, faults, warnings } = readEnvironment(env);
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
  const settings: Settings = {
    ...given,
    guard_image: given.guard_image ?? (env[IMAGE_VARIABLE] || undefined),
  };
  if (faults.length === 0) faults.push(...crossFaults(settings));
  if (faults.length > 0) {
    throw new PromoteError('settings', faults.join('\n'), { hint: 'All settings: docs/settings.md' });
  }
  return { settings: Object.freeze(settings), warnings };
}

/** Makes envalid's validator of a row. The default is parsed like the text of a user. */
function validatorOf(row: Setting<unknown>) {
  const fallback = row.default === undefined ? undefined : row.parse(row.default);
  const validator = makeValidator<object>((text) => row.parse(text) as object);
  return fallback === undefined
    ? validator({ default: undefined, desc: row.description })
    : validator({ default: fallback as object, desc: row.description });
}
