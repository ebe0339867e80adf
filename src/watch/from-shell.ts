import { systemClock } from '../clock.ts';
import { messageOf, PromoteError } from '../errors.ts';
import { createSecrets, secretsOf } from '../settings/redact.ts';
import type { Settings } from '../settings/settings.ts';
import { keelsOf } from './keel.ts';
import { plainScreen, type Screen, terminalScreen } from './screen.ts';
import { watch } from './watch.ts';
import type { WebScreen } from './web/server.ts';

/**
 * `drone-promote watch` in a shell: redraws a terminal in place, and writes lines to a file or a pipe.
 *
 * @returns the exit code; 2 if the cluster cannot be read
 */
export async function watchFromShell({
  settings,
  untilDone,
  isPlain,
  isKeelOnly,
  web,
}: {
  settings: Settings;
  untilDone: boolean;
  isPlain: boolean;
  /** There is no cluster to look at. */
  isKeelOnly: boolean;
  /** The port of the page; none without it, and any that is free if it is 0. */
  web?: number;
}): Promise<number> {
  const { stdout, stderr } = process;
  const secrets = createSecrets();
  secrets.add(secretsOf(settings));
  const write = (text: string) => void stdout.write(secrets.mask(text));
  const cancel = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => cancel.abort());
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 });
  const terminal = stdout.isTTY ? terminalScreen(write, size, !isPlain) : plainScreen(write);
  const { namespace, workload } = settings;
  let page: WebScreen | undefined;
  try {
    page = web === undefined ? undefined : await pageOn(web, secrets.mask);
    if (page) write(`${page.url}\n`);
    const screen: Screen = {
      show(picture) {
        page?.show(picture);
        terminal.show(picture);
      },
    };
    return await watch(
      { access: isKeelOnly ? undefined : settings, keels: keelsOf(settings), namespace, workload, untilDone },
      { clock: systemClock, signal: cancel.signal, screen },
    );
  } catch (error) {
    const hint = error instanceof PromoteError && error.hint ? `\n${error.hint}` : '';
    stderr.write(secrets.mask(`${messageOf(error)}${hint}\n`));
    return 2;
  } finally {
    page?.close();
  }
}

async function pageOn(port: number, mask: (text: string) => string): Promise<WebScreen> {
  const { serveOnLoopback } = await import('./web/server.ts');
  try {
    return await serveOnLoopback(port, mask);
  } catch (error) {
    throw new Error(
      `The page cannot be served on port ${port}: ${messageOf(error)}. Give --web another port.`,
    );
  }
}
