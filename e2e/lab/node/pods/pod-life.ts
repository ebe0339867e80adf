import { setTimeout as sleep } from 'node:timers/promises';
import type { Pod, PodCondition } from 'kubernetes-types/core/v1';
import { behaviourOf, leaveMs } from '../../../../test/sim/nodes/behaviour.ts';
import { ApiError, type NodeApi } from '../api.ts';
import { type App, startApp } from '../app-server.ts';
import type { Printed } from './container-log.ts';
import { type ContainerRun, exited, newRun, nextStep, starts } from './container-run.ts';
import { podProcesses } from './pod-processes.ts';
import { podStatus } from './pod-status.ts';
import { pulledDigests } from './pulled-digest.ts';

/** One pod of this node, from its binding to its deletion. */
export interface PodLife {
  readonly pod: Pod;
  readonly podIP: string;
  run(container: string): ContainerRun | undefined;
  /** What a container's processes have printed; undefined for one that only plays a program. */
  printed(container: string): Printed | undefined;
  /** The deletion has begun (`deleted` is the object as it is now): serve no more (or drain), then delete the object for good. */
  end(deleted: Pod): void;
  /** The object is gone. */
  drop(): void;
}

export interface Place {
  api: NodeApi;
  podIP: string;
  hostIP: string;
  /** Where the API server is, for containers. */
  server: { host: string; port: string };
  /** Of this pod's own. */
  folder: string;
  log(text: string): void;
}

export function startPod(pod: Pod, place: Place): PodLife {
  const { api, podIP, hostIP, server, folder, log } = place;
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
  const containers = pod.spec?.containers ?? [];
  const runs = containers.map((one) => newRun(one, restartsOf.get(one.name)));
  const ports = portsOf(pod);
  const pulled = pulledDigests(containers.map(({ image = '' }) => image));
  const apps = new Set<App>();
  const processes = podProcesses(api, { pod, podIP, hostIP }, folder, server);
  const timers = new Set<NodeJS.Timeout>();
  let conditions: PodCondition[] = [];
  let ending = false;
  let gone = false;
  let writing: Promise<void> | undefined;
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
    const what = starts(run);
    if (what === 'app' && !(await serve(index, run))) return;
    if (what === 'process' && !(await execute(index, run))) return;
    runs[index] = run;
    if (run.stage === 'ended') stopApps();
    if (ending) return;
    advance(index);
    changed = true;
    writing ??= write();
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

  async function execute(index: number, run: ContainerRun): Promise<boolean> {
    const container = containers[index];
    if (!container) return false;
    const ended = (exitCode: number) => void enter(index, exited(run, Date.now(), exitCode));
    try {
      await processes.start(container, ended);
      return true;
    } catch (error) {
      log(`${namespace}/${name} cannot start: ${error}`);
      // a Secret that is not there; a kubelet says so, and tries again
      if (error instanceof ApiError && error.status === 404) {
        runs[index] = { ...run, stage: 'config-error', startedAt: undefined };
        changed = true;
        writing ??= write();
      }
      if (!ending) later(500, () => void enter(index, { ...run, startedAt: Date.now() }));
      return false;
    }
  }

  /** One write at a time, each of the state as it is then: a slow server is not asked to take what is out of date. */
  async function write(): Promise<void> {
    while (changed && !ending) {
      changed = false;
      await put();
    }
    writing = undefined;
  }

  async function put(): Promise<void> {
    const digests = await pulled;
    for (;;) {
      const state = { pod, podIP, hostIP, startedAt, runs, conditions, ending, digests };
      const status = podStatus(state, Date.now());
      conditions = status.conditions ?? [];
      try {
        // The uid: a StatefulSet's next pod has the same name.
        await api.call('PATCH', `${path}/status`, { metadata: { uid }, status });
        return;
      } catch (error) {
        if (isGone(error)) return;
        log(`${namespace}/${name} status: ${error}`);
        await sleep(200);
      }
    }
  }

  /** The program of a container has ended, and with it what it listened on. */
  function stopApps(): void {
    for (const app of apps) app.stop();
    apps.clear();
  }

  function stop(): void {
    gone = true;
    ending = true;
    for (const timer of timers) clearTimeout(timer);
    timers.clear();
    stopApps();
    processes.kill();
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
        await sleep(500);
      }
    }
  }

  /** As a kubelet does it: how its processes ended is in the pod's status before the object goes, for the controller of its Job. */
  async function endProcesses(graceMs: number): Promise<void> {
    await processes.end(graceMs);
    await writing;
    for (const [index, run] of runs.entries()) {
      if (run.stage === 'crash-back-off') runs[index] = { ...run, stage: 'ended' };
    }
    if (runs.some(({ last }) => last)) await put();
    await remove();
  }

  function end({ metadata, spec }: Pod): void {
    if (ending) return;
    ending = true;
    for (const timer of timers) clearTimeout(timer);
    const drains = containers.map(({ image, name }) => behaviourOf(image ?? '', name).drainMs);
    const drainMs = leaveMs(containers) + Math.max(...drains);
    const grace = (metadata?.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1000;
    if (runs.some(({ program }) => program)) void endProcesses(grace);
    else if (drainMs > 0 && apps.size > 0) later(Math.min(drainMs, grace), () => void remove());
    else void remove();
  }

  // Found in the middle of its deletion, by a program that has just started: there is nothing to run any more.
  if (pod.metadata?.deletionTimestamp === undefined) {
    for (const index of runs.keys()) advance(index);
    changed = true;
    writing = write();
  }
  return {
    pod,
    podIP,
    run: (container) => runs.find((one) => one.name === container),
    printed: processes.printed,
    end,
    drop: stop,
  };
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
