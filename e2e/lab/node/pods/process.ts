import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { ACCOUNT_PATH } from './service-account.ts';

/** The process of a container. */
export interface Process {
  /** Its exit code, once it has ended and everything that it printed was read. */
  ended: Promise<number>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** In a mount namespace of its own, so that its pod's account is where it looks, and nothing is left of that anywhere. */
const SCRIPT = `
mount -t tmpfs tmpfs /var/run
if [ -n "$1" ]; then mkdir -p ${ACCOUNT_PATH}; mount --bind "$1" ${ACCOUNT_PATH}; fi
shift
unset PWD
exec "$@"
`;

/**
 * Starts the bundled program of this project as its image does, with this environment and PATH alone.
 *
 * @param account the folder with the service account's files, if the container has one
 * @param print takes each line, of stdout and of stderr
 */
export function startProcess(
  env: Readonly<Record<string, string>>,
  account: string | undefined,
  print: (line: string) => void,
): Process {
  const program = new URL('../../../../dist/main.js', import.meta.url).pathname;
  const inside = ['/bin/sh', '-ec', SCRIPT, 'sh', account ?? '', process.execPath, program];
  // With the end of the node its containers end.
  const child = spawn('unshare', ['--mount', 'setpriv', '--pdeathsig', 'KILL', ...inside], {
    env: { PATH: process.env.PATH, ...env },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const input of [child.stdout, child.stderr]) createInterface({ input }).on('line', print);
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      print(String(error));
      resolve(128);
    });
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
  return { ended, signal: (name) => void child.kill(name) };
}
