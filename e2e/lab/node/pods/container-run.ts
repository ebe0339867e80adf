import type { Container } from 'kubernetes-types/core/v1';
import { type Behaviour, behaviourOf } from '../../../../test/sim/nodes/behaviour.ts';
import { isProgram } from './program-image.ts';

type Stage =
  | 'creating'
  | 'pull-failed'
  | 'pull-back-off'
  | 'config-error'
  | 'running'
  | 'ready'
  | 'ended'
  | 'crash-back-off';

/** How a program ended. */
interface Exit {
  exitCode: number;
  reason: string;
}

/** A run of a container that has ended; times in milliseconds since the epoch. */
export interface EndedRun extends Exit {
  startedAt: number;
  finishedAt: number;
}

/** Where one container is in its life. Values, so that the whole of a kubelet's timing is in `nextStep` and can be tested without waiting. */
export interface ContainerRun {
  readonly name: string;
  readonly image: string;
  readonly behaviour: Behaviour;
  /** It is this project's program, run as a process: that decides when it ends, and how. */
  readonly program: boolean;
  readonly stage: Stage;
  readonly restarts: number;
  /** Of the run that is under way. */
  readonly startedAt: number | undefined;
  /** The last run that ended. */
  readonly last: EndedRun | undefined;
}

export interface Step {
  afterMs: number;
  /** The container after the step. */
  take(now: number): ContainerRun;
}

const startMs = 30;
const crashMs = 150;
const restartMs = 200;
/** A kubelet waits a sync or so before it calls a failed pull a back-off. */
const pullBackOffMs = 1000;

/** `restarts` above 0: the pod ran before this program was started, and its containers ended with the program's predecessor. */
export function newRun({ name, image = '' }: Container, restarts = 0): ContainerRun {
  const [behaviour, program] = [behaviourOf(image, name), isProgram(image)];
  const stage = 'creating';
  return { name, image, behaviour, program, stage, restarts, startedAt: undefined, last: undefined };
}

/** What happens to a container next and when, if nobody intervenes; undefined: nothing more. */
export function nextStep(run: ContainerRun, restartPolicy: string): Step | undefined {
  const { behaviour, stage } = run;
  const again = { ...run, restarts: run.restarts + 1 };
  const to = (next: Stage) => () => ({ ...run, stage: next });
  switch (stage) {
    case 'creating':
      if (behaviour.nopull) return { afterMs: startMs, take: to('pull-failed') };
      if (behaviour.badconfig) return { afterMs: startMs, take: to('config-error') };
      return { afterMs: startOf(behaviour), take: (now) => started(run, now) };
    case 'pull-failed':
      return { afterMs: pullBackOffMs, take: to('pull-back-off') };
    case 'running':
      if (ends(behaviour))
        return {
          afterMs: behaviour.exitCode === undefined ? crashMs : behaviour.takesMs,
          take: (now) => ended(run, now, exitOf(behaviour)),
        };
      if (behaviour.unready) return undefined;
      return { afterMs: behaviour.readyMs - startOf(behaviour), take: to('ready') };
    case 'ready':
      if (behaviour.dieAfterMs === undefined || run.restarts > 0) return undefined;
      return {
        afterMs: behaviour.dieAfterMs,
        take: (now) => ended(run, now, { exitCode: 1, reason: 'Error' }),
      };
    case 'ended':
      if (restartPolicy === 'Never') return undefined;
      if (restartPolicy === 'OnFailure' && run.last?.exitCode === 0) return undefined;
      // The first restart is at once; only from the second on a kubelet backs off.
      if (run.restarts === 0) return { afterMs: restartMs, take: (now) => started(again, now) };
      return { afterMs: restartMs, take: to('crash-back-off') };
    case 'crash-back-off':
      return { afterMs: backOffMs(run), take: (now) => started(again, now) };
    default:
      return undefined;
  }
}

/** Doubles from 10 s to 5 minutes, as a kubelet's does. */
export function backOffMs(run: ContainerRun): number {
  return Math.min(10 * 2 ** Math.max(run.restarts - 1, 0), 300) * 1000;
}

/** The container after its process has ended by itself, or by a signal (then 128 and the signal's number, as shells count). */
export function exited(run: ContainerRun, now: number, exitCode: number): ContainerRun {
  return ended(run, now, { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' });
}

/** Whether something has to be started for this stage: a server on the pod's address, or a process. */
export function starts(run: ContainerRun): 'app' | 'process' | undefined {
  if (run.program) return run.stage === 'ready' ? 'process' : undefined;
  return run.stage === 'running' && !ends(run.behaviour) ? 'app' : undefined;
}

function exitOf(behaviour: Behaviour): Exit {
  const { exitCode } = behaviour;
  if (exitCode !== undefined) return { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' };
  return behaviour.oom ? { exitCode: 137, reason: 'OOMKilled' } : { exitCode: 1, reason: 'Error' };
}

function ends(behaviour: Behaviour): boolean {
  return behaviour.crash || behaviour.oom || behaviour.exitCode !== undefined;
}

function startOf(behaviour: Behaviour): number {
  return Math.min(startMs, behaviour.readyMs);
}

/** Without a readiness probe, as this project's program has none, a container is ready as soon as it runs. */
function started(run: ContainerRun, now: number): ContainerRun {
  return { ...run, stage: run.program ? 'ready' : 'running', startedAt: now };
}

function ended(run: ContainerRun, now: number, exit: Exit): ContainerRun {
  const last = { startedAt: run.startedAt ?? now, finishedAt: now, ...exit };
  return { ...run, stage: 'ended', startedAt: undefined, last };
}
