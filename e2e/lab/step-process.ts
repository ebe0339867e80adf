import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A step as a container runs it: the first process of a PID namespace, which gets no signal that it does not handle. */
export interface StepProcess {
  child: ChildProcess;
  kill(): void;
  signal(name: 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void;
}

export function startStep(program: string, env: Record<string, string>): StepProcess {
  const namespace = ['--pid', '--fork', '--kill-child', '--mount-proc'];
  const child = spawn('unshare', [...namespace, process.execPath, program], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return stepOf(child);
}

/** The step whose namespace this `unshare --fork --kill-child` has made. */
export function stepOf(child: ChildProcess): StepProcess {
  return {
    child,
    // with it, by --kill-child, goes the step: its own death would be an exit code of unshare
    kill: () => child.kill('SIGKILL'),
    signal(name) {
      const step = childOf(child.pid);
      if (step !== undefined) process.kill(step, name);
    },
  };
}

/** The process that unshare waits for; undefined before it is there, and when it has ended. */
function childOf(pid: number | undefined): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    return first ? Number(first) : undefined;
  } catch {
    return undefined;
  }
}
