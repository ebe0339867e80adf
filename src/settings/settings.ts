import type { TABLE } from './table/index.ts';
import type { Setting } from './table/row.ts';

type Value<S> = S extends Setting<infer T, infer D> ? (undefined extends D ? T | undefined : T) : never;

/** Everything the user chose, by the names of the table; frozen. A setting without a default is undefined where it was not given. */
export type Settings = { readonly [N in keyof typeof TABLE]: Value<(typeof TABLE)[N]> };
