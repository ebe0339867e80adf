import type { Pod, PodCondition } from 'kubernetes-types/core/v1';
import { behaviourOf } from '../../../test/sim/behaviour.ts';
import { ApiError, type NodeApi } from './api.ts';
import { type App, startApp } from './app-server.ts';
import { type ContainerRun, listens, newRun, nextStep } from './container-run.ts';
import { podStatus } from './pod-status.ts';

/** One pod of this node, from its binding to its deletion. */
export interface PodLife {
  readonly pod: Pod;
  readonly podIP: string;
  run(container: string): ContainerRun | undefined;
  /** The deletion has begun: serve no more (or drain), then delete the object for good. */
  end(): void;
  /** The object is gone. */
  drop(): void;
}

export interface Place {
  api: NodeApi;
  podIP: string;
  hostIP: string;
  log(text: string): void;
}

export function startPod(pod: Pod, { api, podIP, hostIP, log }: Place): PodLife {
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {};
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const restartPolicy = pod.spec?.restartPolicy ?? 'Always';
  const startedAt = pod.status?.startTime ? Date.parse(pod.status.startTime) : Date.now();
  // What ran under this program's predecessor has ended with it.
  const restartsOf = new Map(
    (pod.status?.containerStatuses ?? []).map((one) => [
      one.name,
      one.restartCount + (one.containerID ? 1 : 0),
    ]),
  );
  const runs = (pod.spec?.containers ?? []).map((one) => newRun(one, restartsOf.get(one.name)));
  const ports = portsOf(pod);
  const apps = new Set<App>();
  const timers = new Set<NodeJS.Timeout>();
  let conditions: PodCondition[] = [];
  let ending = false;
  let gone = false;
  let writing = false;
  let changed = false;

  function later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      act();
    }, ms);
    timers.add(timer);
  }

  function advance(index: number): void {
    const run = runs[index];
    const step = run && nextStep(run, restartPolicy);
    if (step) later(step.afterMs, () => void enter(index, step.take(Date.now())));
  }

  async function enter(index: number, run: ContainerRun): Promise<void> {
    const starts = listens(run) && run.stage === 'running';
    if (starts && !(await serve(index, run))) return;
    if (ending) return;
    runs[index] = run;
    advance(index);
    void write();
  }

  async function serve(index: number, run: ContainerRun): Promise<boolean> {
    try {
      const isReady = () => runs[index]?.stage === 'ready';
      const app = await startApp(podIP, ports[index] ?? [], name, run.behaviour, isReady);
      if (gone) app.stop();
      else apps.add(app);
      return true;
    } catch (error) {
      // Most likely something of the lab listens on all addresses. The pod must not look well then.
      log(`${namespace}/${name} cannot listen: ${error}`);
      later(1000, () => void enter(index, run));
      return false;
    }
  }

  /** One write at a time, each of the state as it is then: a slow server is not asked to take what is out of date. */
  async function write(): Promise<void> {
    changed = true;
    if (writing) return;
    writing = true;
    while (changed && !ending) {
      changed = false;
      const status = podStatus({ pod, podIP, hostIP, startedAt, runs, conditions }, Date.now());
      conditions = status.conditions ?? [];
      try {
        // The uid: a StatefulSet's next pod has the same name.
        await api.call('PATCH', `${path}/status`, { metadata: { uid }, status });
      } catch (error) {
        if (isGone(error)) break;
        log(`${namespace}/${name} status: ${error}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        changed = true;
      }
    }
    writing = false;
  }

  function stop(): void {
    gone = true;
    ending = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    for (const app of apps) app.stop();
    apps.clear();
  }

  async function remove(): Promise<void> {
    stop();
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    for (;;) {
      try {
        await api.call('DELETE', path, body);
        return;
      } catch (error) {
        if (isGone(error)) return;
        log(`${namespace}/${name} deletion: ${error}`);
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  function end(): void {
    if (ending) return;
    ending = true;
    for (const timer of timers) clearTimeout(timer);
    const drainMs = Math.max(
      ...(pod.spec?.containers ?? []).map(({ image }) => behaviourOf(image ?? '').drainMs),
    );
    const grace = (pod.spec?.terminationGracePeriodSeconds ?? 30) * 1000;
    if (drainMs > 0 && apps.size > 0) later(Math.min(drainMs, grace), () => void remove());
    else void remove();
  }

  // Found in the middle of its deletion, by a program that has just started: there is nothing to run any more.
  if (pod.metadata?.deletionTimestamp === undefined) {
    for (const index of runs.keys()) advance(index);
    void write();
  }
  return { pod, podIP, run: (container) => runs.find((one) => one.name === container), end, drop: stop };
}

/** What each container listens on. 8080 where nothing is named, once: the containers of a pod share its address. */
export function portsOf(pod: Pod): number[][] {
  const named = (pod.spec?.containers ?? []).map(({ ports = [] }) =>
    ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map((port) => port.containerPort),
  );
  const none = named.every((ports) => ports.length === 0);
  return none ? named.map((_, index) => (index === 0 ? [8080] : [])) : named;
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 409);
}
