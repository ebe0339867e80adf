import { isName } from '../settings/read-environment.ts';
import { type Name, TABLE } from '../settings/table/index.ts';
import { describeUnknown } from '../settings/unknown-setting.ts';
import type { Given } from './program.ts';

/** What a command was given, by settings and by options of its own. */
export interface Arguments {
  /** Settings as texts. */
  texts: ReadonlyMap<Name, string>;
  own: ReadonlyMap<string, string>;
}

/** `--controller_namespace=x` as `--controller-namespace=x`: dash and underscore are the same. */
export function dashed(arg: string): string {
  if (!arg.startsWith('--')) return arg;
  const end = arg.includes('=') ? arg.indexOf('=') : arg.length;
  return arg.slice(0, end).replaceAll('_', '-') + arg.slice(end);
}

/** The settings and options of a command. @param faults is added to */
export function argumentsOf({ options, rest }: Omit<Given, 'name'>, faults: string[]): Arguments {
  const texts = new Map<Name, string>();
  const own = new Map<string, string>();
  for (const [flag, values] of Object.entries(options)) {
    const name = flag.replaceAll('-', '_');
    // the next flag instead of a value; a certificate begins with dashes, too
    if (values.some((value) => /^--[a-z]/.test(value))) faults.push(`--${flag} has no value.`);
    else if (!isName(name)) own.set(flag, values.join(','));
    else {
      const isList = TABLE[name].type.startsWith('list');
      if (values.length > 1 && !isList) faults.push(`--${flag} is given twice.`);
      texts.set(name, listOf(values));
    }
  }
  faults.push(...unknownIn(rest));
  return { texts, own };
}

/** Values of a list as Drone passes them on: joined, or as JSON if one of them is a map. */
function listOf(values: readonly string[]): string {
  if (values.length < 2 || !values.some((value) => value.startsWith('{'))) return values.join(',');
  const items = values.map((value) => (value.startsWith('{') ? value : JSON.stringify(value)));
  return `[${items.join(',')}]`;
}

/** A sentence for each unknown flag and each stray word; the word after an unknown flag is its value. */
function unknownIn(rest: readonly string[]): string[] {
  return rest.flatMap((word, index) => {
    if (word.startsWith('--')) {
      const [name = ''] = word.slice(2).split('=', 1);
      return [describeUnknown(name.replaceAll('-', '_'))];
    }
    const before = rest[index - 1];
    const isValue = before?.startsWith('--') === true && !before.includes('=');
    return isValue ? [] : [`"${word}" is not a flag: flags begin with --.`];
  });
}
