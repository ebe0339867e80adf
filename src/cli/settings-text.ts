import { PromoteError } from '../errors.ts';
import { isName, variableOf } from '../settings/read-environment.ts';
import { exampleOf } from '../settings/table/examples.ts';
import { GROUPS, type Name, TABLE } from '../settings/table/index.ts';
import type { Setting } from '../settings/table/row.ts';
import { describeUnknown } from '../settings/unknown-setting.ts';
import { flagOf } from './program.ts';

/**
 * What `settings` prints: all settings by group, or those that are named in full.
 *
 * @throws PromoteError `settings` if a name is not that of a setting
 */
export function settingsText(names: readonly string[]): string {
  if (names.length === 0) return overview();
  const wanted = names.map((name) => name.replace(/^--/, '').replaceAll('-', '_').toLowerCase());
  const unknown = wanted.filter((name) => !isName(name));
  if (unknown.length > 0)
    throw new PromoteError('settings', unknown.map((name) => describeUnknown(name)).join('\n'));
  return wanted.map((name) => inFull(name as Name)).join('\n');
}

function overview(): string {
  const groups = Object.entries(GROUPS).map(([group, settings]) => {
    const rows = Object.entries(settings) as [Name, Setting<unknown>][];
    const width = Math.max(...rows.map(([name]) => name.length));
    const lines = rows.map(([name, row]) => `  ${name.padEnd(width)}  ${exampleOf(row)}`);
    return `${group.charAt(0).toUpperCase()}${group.slice(1)}\n${lines.join('\n')}\n`;
  });
  return `${groups.join('\n')}\nEach line has an example. A setting in full: drone-promote settings NAME\n`;
}

function inFull(name: Name): string {
  const row: Setting<unknown> = TABLE[name];
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['type', row.secret ? `${row.type}, secret` : row.type],
    ['engines', row.engines?.join(', ')],
    ['required', row.required],
    ['default', row.default],
    ['in a pipeline', `${name}: ${exampleOf(row)}`],
    ['as a flag', flagOf(name)],
    ['as a variable', variableOf(name)],
  ];
  const lines = facts.flatMap(([what, text]) =>
    text === undefined ? [] : [`  ${`${what}:`.padEnd(14)} ${text}`],
  );
  return `${name}\n${row.description}\n${lines.join('\n')}\n`;
}
