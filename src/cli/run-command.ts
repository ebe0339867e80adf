import { CommanderError } from 'commander';
import { messageOf, PromoteError } from '../errors.ts';
import { rbacText, rightsRequestOf, setupText } from '../rbac/print.ts';
import { parseSettings, throwIfAny } from '../settings/load.ts';
import { nearestName } from '../settings/nearest.ts';
import { readEnvironment } from '../settings/read-environment.ts';
import { argumentsOf, dashed } from './arguments.ts';
import { COMMANDS, type CommandName, STEPS, type StepName } from './commands.ts';
import { type Environment, stepEnvironment } from './desk.ts';
import { type Given, programOf } from './program.ts';
import { settingsText } from './settings-text.ts';
import { type Watching, watchingOf } from './watching.ts';

/** What a command prints, and its exit code; or the environment of the step that it runs, or what it watches. */
export interface Result {
  code: 0 | 2;
  out: string;
  err: string;
  step?: Environment;
  /** The step prints one JSON document instead of its log. */
  isDocument?: boolean;
  /** What to watch until the user ends it. */
  watch?: Watching;
}

/**
 * Runs a command of the command line as far as it needs no cluster. Never throws. Pure, except for `exists`.
 *
 * @param args without the program; at least one
 * @param exists whether there is a file
 */
export function runCommand(
  args: readonly string[],
  env: Environment,
  exists: (path: string) => boolean = () => false,
): Result {
  let out = '';
  let given: Given | undefined;
  const program = programOf(
    (each) => {
      given = each;
    },
    (text) => {
      out += text;
    },
  );
  const [first = ''] = args;
  const isKnown = first.startsWith('-') || Object.hasOwn(COMMANDS, first);
  if (!isKnown && first !== 'help') return refused(unknownCommand(first), program.helpInformation());
  try {
    program.parse(first === 'help' ? ['--help'] : args.map(dashed), { from: 'user' });
    return given === undefined ? { code: 0, out, err: '' } : carriedOut(given, env, exists);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return { code: 0, out, err: '' };
    return refused(reasonOf(error), `drone-promote ${isKnown && first in COMMANDS ? `${first} ` : ''}--help`);
  }
}

function carriedOut(given: Given, env: Environment, exists: (path: string) => boolean): Result {
  const { name } = given;
  const faults: string[] = [];
  if (name === 'settings') return { code: 0, out: settingsText(given.rest), err: '' };
  const { texts, own } = argumentsOf(given, faults);
  if (isStep(name)) {
    if (texts.has('action')) faults.push('--action is what the command says, such as drone-promote abort.');
    const json = own.get('json') ?? 'false';
    if (json !== 'true' && json !== 'false') faults.push('--json is true or false.');
    throwIfAny(faults);
    const step = stepEnvironment(name, texts, env, exists);
    return { code: 0, out: '', err: '', step, isDocument: json === 'true' };
  }
  const { texts: variables, faults: ofVariables } = readEnvironment(env);
  faults.unshift(...ofVariables);
  const settings = parseSettings(new Map([...variables, ...texts]), env, faults);
  if (name === 'watch')
    return { code: 0, out: '', err: '', watch: watchingOf(settings, own, env, exists, faults) };
  const request = rightsRequestOf(settings, own, faults);
  throwIfAny(faults);
  const text = name === 'rbac' ? rbacText(request) : setupText(request, own.get('repository'));
  return { code: 0, out: text, err: '' };
}

function isStep(name: CommandName): name is StepName {
  return Object.hasOwn(STEPS, name);
}

function unknownCommand(name: string): string {
  const near = nearestName(name, Object.keys(COMMANDS));
  return `"${name}" is not a command.${near === undefined ? '' : ` Did you mean "${near}"?`}`;
}

function reasonOf(error: unknown): string {
  if (error instanceof PromoteError) return error.message;
  if (!(error instanceof CommanderError)) return `Unexpected error: ${messageOf(error)}`;
  const [, flag] = /^error: option '--(\S+) .*argument missing/.exec(error.message) ?? [];
  if (flag !== undefined) return `--${flag} has no value.`;
  const [, unknown] = /^error: unknown option '(\S+)'/.exec(error.message) ?? [];
  return unknown === undefined
    ? error.message
    : `"${unknown}" stands before a command; write the command first: drone-promote promote ${unknown} …`;
}

function refused(reason: string, hint: string): Result {
  return { code: 2, out: '', err: `${reason}\n${hint.trimEnd()}\n` };
}
