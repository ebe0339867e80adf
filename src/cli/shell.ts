import { existsSync } from 'node:fs';
import tab from '@bomb.sh/tab/commander';
import type { Environment } from './desk.ts';
import { programOf } from './program.ts';
import { type Result, runCommand } from './run-command.ts';

/** A command of the command line, in a shell. The completion, which the shells ask for, prints by itself. */
export function runFromShell(args: readonly string[], env: Environment): Result {
  const [first = ''] = args;
  // a CI shows colours although it is not a terminal; a file or a pipe at a desk does not
  const isPlain = env.CI === undefined && !process.stdout.isTTY;
  if (first !== 'completion' && first !== 'complete')
    return runCommand(args, isPlain ? { NO_COLOR: '1', ...env } : env, existsSync);
  const program = programOf(
    () => {},
    (text) => process.stdout.write(text),
  );
  tab(program, { completionCommandName: 'completion' });
  program.parse(args, { from: 'user' });
  return { code: 0, out: '', err: '' };
}
