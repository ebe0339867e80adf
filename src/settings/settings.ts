import type { TABLE } from './table/index.ts';
import type { Setting } from './table/row.ts';

type Value<S> = S extends Setting<infer T, infer D> ? (undefined extends D ? T | undefined : T) : never;

/**
 * All settings by their names in the table; frozen. A setting without a default is undefined if the user did
 * not set it.
 */
export type Settings = { readonly [N in keyof typeof TABLE]: Value<(typeof TABLE)[N]> };
