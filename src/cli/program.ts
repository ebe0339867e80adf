import { Command, Option } from 'commander';
import { GROUPS, type Name, TABLE } from '../settings/table/index.ts';
import type { Setting } from '../settings/table/row.ts';
import { VERSION } from '../version.ts';
import { COMMANDS, type CommandName, type CommandRow } from './commands.ts';

/** What a command was given, as it was written. */
export interface Given {
  name: CommandName;
  /** The values of each option, by its name without dashes in front. */
  options: Readonly<Record<string, readonly string[]>>;
  /** What is neither a known option nor its value, in order. */
  rest: readonly string[];
}

const WIDTH = 100;

/** The first group of a help. */
const FIRST = 'These matter first:';

/** The flag of a setting: `--controller-namespace`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/**
 * The program with its commands: each command has an option for every setting. Its help shows those that matter
 * to it.
 *
 * @param take gets what the command was given
 * @param write gets what the library prints
 */
export function programOf(take: (given: Given) => void, write: (text: string) => void): Command {
  const program = new Command('drone-promote')
    .description(
      'Promotes a release on Kubernetes. Without arguments it is the step of a pipeline and reads PLUGIN_* variables.',
    )
    .version(VERSION, '-v, --version', 'Prints the version.')
    .helpOption('-h, --help', 'Explains a command.')
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nFlags of a command: drone-promote COMMAND --help\nCompletion in a shell: source <(drone-promote completion bash), or zsh, or fish',
    )
    .configureHelp({
      subcommandTerm: (command) => command.name(),
      optionDescription: ({ description, argChoices }) =>
        argChoices ? `${description} One of: ${argChoices.join(', ')}.` : description,
    })
    .configureOutput({ writeOut: write, writeErr: () => {}, getOutHelpWidth: () => WIDTH })
    .exitOverride();
  for (const [name, row] of Object.entries(COMMANDS) as [Given['name'], CommandRow][]) {
    program.addCommand(commandOf(program, name, row, take));
  }
  return program;
}

function commandOf(
  program: Command,
  name: Given['name'],
  row: CommandRow,
  take: (given: Given) => void,
): Command {
  const command = new Command(name)
    .copyInheritedSettings(program)
    .description(row.summary)
    .usage(name === 'settings' ? '[NAME...]' : '[flags]')
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText('after', `\nExample: drone-promote ${row.example}\nAll settings: drone-promote settings`);
  const shown = new Set<string>(row.more ?? Object.keys(TABLE));
  // the command itself says it
  shown.delete('action');
  for (const setting of row.first) command.addOption(optionOf(setting).helpGroup(FIRST));
  for (const own of row.own ?? []) {
    const value = own.preset === undefined ? `<${own.value}>` : `[${own.value}]`;
    const option = new Option(`--${own.name} ${value}`, own.description).argParser(collect);
    if (own.preset !== undefined) option.preset(own.preset);
    command.addOption(option.helpGroup('Of this command:'));
  }
  // its words are the names of settings, also as flags
  const groups = name === 'settings' ? [] : Object.entries(GROUPS);
  for (const [group, settings] of groups) {
    for (const setting of Object.keys(settings) as Name[]) {
      if (row.first.includes(setting)) continue;
      const option = optionOf(setting).helpGroup(`${group.charAt(0).toUpperCase()}${group.slice(1)}:`);
      command.addOption(shown.has(setting) ? option : option.hideHelp());
    }
  }
  return command.action(() => take({ name, options: written(command), rest: command.args }));
}

/** The values by the names that the user writes; the library keeps them in camel case. */
function written(command: Command): Record<string, string[]> {
  const values = command.opts<Record<string, string[] | undefined>>();
  return Object.fromEntries(
    command.options.flatMap((option) => {
      const value = values[option.attributeName()];
      return value === undefined ? [] : [[option.long?.slice(2) ?? '', value]];
    }),
  );
}

function optionOf(name: Name): Option {
  const row: Setting<unknown> = TABLE[name];
  const words = row.type.split(', ');
  const { flags, preset } =
    row.type === 'boolean'
      ? { flags: `${flagOf(name)} [boolean]`, preset: 'true' }
      : { flags: `${flagOf(name)} <${placeholderOf(row.type)}>`, preset: undefined };
  const option = new Option(flags, describe(row)).argParser(collect);
  if (preset !== undefined) option.preset(preset);
  // for the completion and the help; the table's parser takes the word, in any case
  if (words.length > 1 && words.every((word) => /^[a-z]+$/.test(word))) option.argChoices = words;
  return option;
}

/** Collects the values of an option that may be given several times. */
function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

function placeholderOf(type: string): string {
  if (type.startsWith('list')) return 'list';
  return /^(duration|percent|number)$/.test(type) ? type : type.includes(', ') ? 'word' : 'value';
}

/** The first sentence of a setting's description, and its default. One that explains word by word is whole. */
function describe({ description, default: fallback, type }: Setting<unknown>): string {
  const [sentence = ''] = description.split(/(?<=\.) (?=[A-Z`])/, 1);
  const first = description.startsWith('`') ? description : sentence;
  return fallback === undefined || type === 'boolean' ? first : `${first} Default: ${fallback}.`;
}
