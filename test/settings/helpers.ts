import { PromoteError } from '../../src/errors.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Settings } from '../../src/settings/settings.ts';

/** What each run of the native engine needs. */
export const NATIVE = { workload: 'deployment/shop', repo: '192.0.2.10:5000/shop' };

type Texts = Readonly<Record<string, string>>;

/** Settings by their names, as the environment that Drone makes of them. */
export function environmentOf(settings: Texts): Texts {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [`PLUGIN_${name.toUpperCase()}`, value]),
  );
}

export function load(settings: Texts): Settings {
  return loadSettings(environmentOf(settings)).settings;
}

/** The faults, one an element. */
export function faultsOf(env: Texts): string[] {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof PromoteError && error.code === 'settings') return error.message.split('\n');
    throw error;
  }
  return [];
}
