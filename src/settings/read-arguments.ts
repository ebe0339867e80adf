import { parseArgs } from 'node:util';
import { isName } from './read-environment.ts';
import { type Name, TABLE } from './table/index.ts';
import type { Setting } from './table/row.ts';
import { describeUnknown } from './unknown-setting.ts';

/** What a command was given. */
export interface Arguments {
  /** Settings as texts, by name. */
  texts: ReadonlyMap<Name, string>;
  /** The command's own options, by name. */
  own: ReadonlyMap<string, string>;
  help: boolean;
}

/**
 * Reads the arguments of a command: a flag for each setting (`--controller-namespace infra`, dash and underscore being the same), and
 * options of its own. A list may be one text with commas, or a flag that is given several times.
 *
 * @param own names of the command's own options, each with a value
 * @param faults is added to
 */
export function readArguments(args: readonly string[], own: readonly string[], faults: string[]): Arguments {
  const rows = Object.entries(TABLE) as [Name, Setting<unknown>][];
  const options = {
    help: { type: 'boolean', short: 'h' } as const,
    ...Object.fromEntries(own.map((name) => [name, { type: 'string' } as const])),
    ...Object.fromEntries(
      rows.map(([name, { type }]) => [
        name.replaceAll('_', '-'),
        { type: type === 'boolean' ? 'boolean' : 'string' } as const,
      ]),
    ),
  };
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg.startsWith('--') ? dashed(arg) : arg)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  let help = false;
  for (const token of tokens) {
    if (token.kind === 'positional') faults.push(`"${token.value}" is no flag: flags begin with --.`);
    if (token.kind !== 'option') continue;
    const name = token.name.replaceAll('-', '_');
    if (token.name === 'help' || token.name === 'h') help = true;
    else if (!own.includes(token.name) && !isName(name)) faults.push(describeUnknown(name));
    else {
      const value = token.value ?? (isName(name) && TABLE[name].type === 'boolean' ? 'true' : undefined);
      // another flag in the place of a value; a certificate begins with dashes, too
      const isMissing = value === undefined || (!token.inlineValue && /^--[a-z]/.test(value));
      if (isMissing) faults.push(`--${token.name} has no value.`);
      else given.set(token.name, [...(given.get(token.name) ?? []), value]);
    }
  }
  const texts = new Map<Name, string>();
  const owns = new Map<string, string>();
  for (const [flag, values] of given) {
    const name = flag.replaceAll('-', '_');
    if (own.includes(flag)) owns.set(flag, values.join(','));
    else if (isName(name)) {
      const isList = TABLE[name].type.startsWith('list');
      if (values.length > 1 && !isList) faults.push(`--${flag} is given twice.`);
      texts.set(name, values.join(','));
    }
  }
  return { texts, own: owns, help };
}

/** `--controller_namespace=x` as `--controller-namespace=x`. */
function dashed(arg: string): string {
  const end = arg.includes('=') ? arg.indexOf('=') : arg.length;
  return arg.slice(0, end).replaceAll('_', '-') + arg.slice(end);
}
