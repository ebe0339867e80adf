import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program of the lab that runs. */
export interface Running {
  name: string;
  stop(): Promise<void>;
  /** After a stop; resolves when it serves. Does nothing where it runs. */
  start(): Promise<void>;
  /** SIGKILL, and the same again after `downMs`; resolves when it serves. */
  restart(downMs: number): Promise<void>;
}

export interface Start {
  name: string;
  command: string;
  /** Or what makes them, at each start. */
  args: readonly string[] | (() => readonly string[]);
  env?: Record<string, string>;
  /** The folder that it runs in. */
  cwd?: string;
  /** Before each start. */
  prepare?(): void;
  /** Started again when it ends by itself, as a kubelet does. */
  restarts?: boolean;
  log: string;
  /** Whether it serves already. */
  ready(): Promise<boolean>;
  timeoutMs?: number;
}

/** Starts a program and waits until it serves; fails with the end of its log. */
export async function start(program: Start): Promise<Running> {
  let { child, ended } = launch(program);
  let isWanted = true;
  const keep = async (): Promise<void> => {
    while (program.restarts) {
      await ended;
      if (!isWanted) return;
      console.error(
        `lab: ${program.name} has ended by itself, and is started again (its log is ${program.log})`,
      );
      await sleep(1000, undefined, { ref: false });
      ({ child, ended } = launch(program));
      // where it does not come up, it has ended, and the next turn tells
      await serves(program, child).catch(() => {});
    }
  };
  const again = async (): Promise<void> => {
    ({ child, ended } = launch(program));
    await serves(program, child);
    isWanted = true;
    void keep();
  };
  await serves(program, child);
  void keep();
  return {
    name: program.name,
    async stop() {
      isWanted = false;
      child.ref();
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(3000)]);
      child.kill('SIGKILL');
      await ended;
    },
    async start() {
      if (isOver(child)) await again();
    },
    async restart(downMs) {
      isWanted = false;
      child.ref();
      child.kill('SIGKILL');
      await ended;
      await sleep(downMs);
      await again();
    },
  };
}

/** Go's garbage collector runs when the heap has grown by so much, percent: the lab has more memory than cores. */
const GOGC = '400';

function launch({ command, args, env, cwd, prepare, log }: Start): {
  child: ChildProcess;
  ended: Promise<void>;
} {
  prepare?.();
  const out = openSync(log, 'a');
  const child = spawn(command, typeof args === 'function' ? args() : args, {
    cwd,
    env: { GOGC, ...process.env, ...env },
    stdio: ['ignore', out, out],
  });
  closeSync(out);
  // the lab's own process may end while this one runs: it takes it along
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { child, ended };
}

async function serves({ name, log, ready, timeoutMs = 60_000 }: Start, child: ChildProcess): Promise<void> {
  const end = Date.now() + timeoutMs;
  let last = 'it answers, and is not ready';
  const isReady = () =>
    ready().catch((error: unknown) => {
      last = String(error);
      return false;
    });
  while (!(await isReady())) {
    if (isOver(child) || Date.now() > end) {
      child.kill('SIGKILL');
      const tail = readFileSync(log, 'utf8').split('\n').slice(-25).join('\n');
      throw new Error(`${name} did not come up: ${last} (its log is ${log}):\n${tail}`);
    }
    await sleep(50);
  }
}

function isOver({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}
