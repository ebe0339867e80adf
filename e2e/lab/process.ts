import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program of the lab that runs. */
export interface Running {
  name: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

export interface Start {
  name: string;
  command: string;
  args: string[];
  env?: Record<string, string>;
  log: string;
  /** Whether it serves already. */
  ready(): Promise<boolean>;
  timeoutMs?: number;
}

/** Starts a program and waits until it serves; fails with the end of its log. */
export async function start({
  name,
  command,
  args,
  env,
  log,
  ready,
  timeoutMs = 60_000,
}: Start): Promise<Running> {
  const out = openSync(log, 'a');
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', out, out] });
  // the lab's own process may end while this one runs: it takes it along
  child.unref();
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const end = Date.now() + timeoutMs;
  while (!(await ready().catch(() => false))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > end) {
      child.kill('SIGKILL');
      const tail = readFileSync(log, 'utf8').split('\n').slice(-25).join('\n');
      throw new Error(`${name} did not come up (its log is ${log}):\n${tail}`);
    }
    await sleep(50);
  }
  return {
    name,
    child,
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(3000)]);
      child.kill('SIGKILL');
    },
  };
}
