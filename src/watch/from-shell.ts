import { systemClock } from '../clock.ts';
import { messageOf, PromoteError } from '../errors.ts';
import { createSecrets, secretsOf } from '../settings/redact.ts';
import type { Settings } from '../settings/settings.ts';
import { plainScreen, terminalScreen } from './screen.ts';
import { watch } from './watch.ts';

/**
 * `drone-promote watch` in a shell: redraws a terminal in place, and writes lines to a file or a pipe.
 *
 * @returns the exit code; 2 if the cluster cannot be read
 */
export async function watchFromShell({
  settings,
  untilDone,
  isPlain,
}: {
  settings: Settings;
  untilDone: boolean;
  isPlain: boolean;
}): Promise<number> {
  const { stdout, stderr } = process;
  const secrets = createSecrets();
  secrets.add(secretsOf(settings));
  const write = (text: string) => void stdout.write(secrets.mask(text));
  const cancel = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => cancel.abort());
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const screen = stdout.isTTY ? terminalScreen(write, size, !isPlain) : plainScreen(write);
  const { namespace, workload } = settings;
  try {
    return await watch(
      { access: settings, namespace, workload, untilDone },
      { clock: systemClock, signal: cancel.signal, screen },
    );
  } catch (error) {
    const hint = error instanceof PromoteError && error.hint ? `\n${error.hint}` : '';
    stderr.write(secrets.mask(`${messageOf(error)}${hint}\n`));
    return 2;
  }
}
