import type { Container } from 'kubernetes-types/core/v1';
import { type Behaviour, behaviourOf } from '../../../test/sim/behaviour.ts';

type Stage =
  | 'creating'
  | 'pull-failed'
  | 'pull-back-off'
  | 'config-error'
  | 'running'
  | 'ready'
  | 'ended'
  | 'crash-back-off';

/** A time span of a container that ran, in milliseconds since the epoch. */
export interface Span {
  startedAt: number;
  finishedAt: number;
}

/** Where one container is in its life. Values, so that the whole of a kubelet's timing is in `nextStep` and can be tested without waiting. */
export interface ContainerRun {
  readonly name: string;
  readonly image: string;
  readonly behaviour: Behaviour;
  readonly stage: Stage;
  readonly restarts: number;
  /** Of the run that is under way. */
  readonly startedAt: number | undefined;
  /** The last run that ended. */
  readonly last: Span | undefined;
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
  const behaviour = behaviourOf(image);
  return { name, image, behaviour, stage: 'creating', restarts, startedAt: undefined, last: undefined };
}

/** What happens to a container next and when, if nobody intervenes; undefined: nothing more. */
export function nextStep(run: ContainerRun, restartPolicy: string): Step | undefined {
  const { behaviour, stage } = run;
  const to = (next: Stage) => () => ({ ...run, stage: next });
  switch (stage) {
    case 'creating':
      if (behaviour.nopull) return { afterMs: startMs, take: to('pull-failed') };
      if (behaviour.badconfig) return { afterMs: startMs, take: to('config-error') };
      return { afterMs: startOf(behaviour), take: (now) => ({ ...run, stage: 'running', startedAt: now }) };
    case 'pull-failed':
      return { afterMs: pullBackOffMs, take: to('pull-back-off') };
    case 'running':
      if (ends(behaviour)) return { afterMs: crashMs, take: (now) => ended(run, now) };
      if (behaviour.unready) return undefined;
      return { afterMs: behaviour.readyMs - startOf(behaviour), take: to('ready') };
    case 'ended':
      if (restartPolicy === 'Never') return undefined;
      // The first restart is at once; only from the second on a kubelet backs off.
      if (run.restarts === 0) return { afterMs: restartMs, take: (now) => restarted(run, now) };
      return { afterMs: restartMs, take: to('crash-back-off') };
    case 'crash-back-off':
      return { afterMs: backOffMs(run), take: (now) => restarted(run, now) };
    default:
      return undefined;
  }
}

/** Doubles from 10 s to 5 minutes, as a kubelet's does. */
export function backOffMs(run: ContainerRun): number {
  return Math.min(10 * 2 ** Math.max(run.restarts - 1, 0), 300) * 1000;
}

export function exitOf(behaviour: Behaviour): { exitCode: number; reason: string } {
  return behaviour.oom ? { exitCode: 137, reason: 'OOMKilled' } : { exitCode: 1, reason: 'Error' };
}

/** Whether the container's program is there and listens. */
export function listens(run: ContainerRun): boolean {
  return (run.stage === 'running' || run.stage === 'ready') && !ends(run.behaviour);
}

function ends(behaviour: Behaviour): boolean {
  return behaviour.crash || behaviour.oom;
}

function startOf(behaviour: Behaviour): number {
  return Math.min(startMs, behaviour.readyMs);
}

function ended(run: ContainerRun, now: number): ContainerRun {
  const last = { startedAt: run.startedAt ?? now, finishedAt: now };
  return { ...run, stage: 'ended', startedAt: undefined, last };
}

function restarted(run: ContainerRun, now: number): ContainerRun {
  return { ...run, stage: 'running', restarts: run.restarts + 1, startedAt: now };
}
