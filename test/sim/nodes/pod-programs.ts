import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import type { Program } from './program.ts';

/** Starts this program with an environment and the rights of a service account. */
export type StartProgram = (
  env: Readonly<Record<string, string>>,
  serviceAccount: string,
  namespace: string,
) => Program;

/** Pods that really run this program. */
export interface PodPrograms {
  start(pod: Stored, address: string): void;
  /** SIGTERM, and SIGKILL after the pod's grace period; then `ended`. false where the pod runs no program. */
  end(pod: Stored, ended: () => void): boolean;
  /** The pod is gone, however it went. */
  forget(pod: Stored): void;
  /** undefined where the pod runs no program. */
  logs(pod: Stored, previous: boolean): string | undefined;
}

interface Run {
  program: Program;
  startedAt: number;
  restarts: number;
  previous: Run | undefined;
}

/** The time that a container of this program takes to be running and ready. */
const READY_MS = 300;
/** A kubelet waits before it starts a container again: twice as long each time. */
const BACKOFF_MS = 10_000;
const LONGEST_BACKOFF_MS = 300_000;

/** `patch` writes a pod's status, as long as it is there and not told to end. */
export function createPodPrograms(
  store: Store,
  clock: VirtualClock,
  startProgram: StartProgram,
  patch: (pod: Stored, status: Any) => boolean,
): PodPrograms {
  const runs = new Map<string, Run>();

  function start(pod: Stored, address: string, previous?: Run): void {
    const container = pod.spec.containers[0];
    const env = Object.fromEntries((container.env ?? []).map(({ name, value = '' }: Any) => [name, value]));
    const { serviceAccountName = 'default' } = pod.spec;
    const run: Run = {
      program: startProgram(env, serviceAccountName, pod.metadata.namespace ?? ''),
      startedAt: clock.now(),
      restarts: previous ? previous.restarts + 1 : 0,
      previous,
    };
    runs.set(pod.metadata.uid, run);
    const running = { running: { startedAt: time(run.startedAt) } };
    patch(pod, { podIP: address, startTime: time(run.startedAt), ...statusOf(pod, run, 'Running', running) });
    let over = false;
    clock.after(READY_MS, () => {
      if (!over) patch(pod, statusOf(pod, run, 'Running', running, true));
    });
    run.program.done.then(
      (code) => {
        over = true;
        clock.touch();
        ended(pod, address, run, code);
      },
      () => {},
    );
  }

  function ended(pod: Stored, address: string, run: Run, code: number): void {
    const exitCode = code === -1 ? 137 : code;
    const terminated = {
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      startedAt: time(run.startedAt),
      finishedAt: time(clock.now()),
    };
    const { restartPolicy = 'Always' } = pod.spec;
    const again = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
    if (!again) {
      patch(pod, statusOf(pod, run, exitCode === 0 ? 'Succeeded' : 'Failed', { terminated }));
      return;
    }
    const wait = Math.min(BACKOFF_MS * 2 ** run.restarts, LONGEST_BACKOFF_MS);
    const message = `back-off ${wait / 1000}s restarting failed container=${pod.spec.containers[0].name}`;
    const waiting = { waiting: { reason: 'CrashLoopBackOff', message } };
    const there = patch(pod, statusOf(pod, run, 'Running', waiting, false, { terminated }));
    if (!there) return;
    clock.after(wait, () => {
      const found = store.get('pods', pod.metadata.namespace ?? '', pod.metadata.name);
      const stays = found?.metadata.uid === pod.metadata.uid && !found.metadata.deletionTimestamp;
      if (stays) start(pod, address, { ...run, previous: undefined });
    });
  }

  return {
    start: (pod, address) => start(pod, address),
    end(pod, done) {
      const run = runs.get(pod.metadata.uid);
      if (!run) return false;
      run.program.terminate();
      const grace = (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
      const cancel = clock.after(grace, () => run.program.kill());
      run.program.done.then(
        () => {
          cancel();
          clock.touch();
          done();
        },
        () => {},
      );
      return true;
    },
    forget(pod) {
      runs.get(pod.metadata.uid)?.program.kill();
      runs.delete(pod.metadata.uid);
    },
    logs(pod, previous) {
      const run = runs.get(pod.metadata.uid);
      if (!run) return undefined;
      return previous ? (run.previous?.program.log() ?? '') : run.program.log();
    },
  };
}

function statusOf(
  pod: Stored,
  { restarts }: Run,
  phase: string,
  state: Any,
  ready = false,
  lastState?: Any,
): Any {
  const { name, image } = pod.spec.containers[0];
  return {
    phase,
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: ready ? 'True' : 'False' },
    ],
    containerStatuses: [
      { name, image, ready, restartCount: restarts, state, ...(lastState ? { lastState } : {}) },
    ],
  };
}

/** Kubernetes' times have whole seconds. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
