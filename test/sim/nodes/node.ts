import { bytesOf, type Capacity, unfit } from '../../../e2e/lab/node/capacity.ts';
import { isProgram } from '../../../e2e/lab/node/pods/program-image.ts';
import { isWaiting } from '../../../e2e/lab/node/scheduler.ts';
import type { Any, Store, Stored } from '../api-server/store.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { type AppMetrics, createAppMetrics } from './app-metrics.ts';
import { type Behaviour, behaviourOf, leaveMs } from './behaviour.ts';
import { createPodPrograms, type StartProgram } from './pod-programs.ts';

/** The node: binds pods, starts and ends them, and knows which of them answer at this moment. */
/** What listens at an address. */
type Serving = Behaviour & { pod: string; startedAt: number; metrics: AppMetrics };

export interface Node {
  /** How the pod at an address behaves; undefined where nothing listens: a connection is refused. */
  servingAt(address: string): Serving | undefined;
  /** The metrics page of a pod; undefined where none is served. */
  metrics(namespace: string, pod: string): string | undefined;
  logs(namespace: string, pod: string, previous: boolean): string;
  /** The digests of the images that it has pulled, by name; a pod of another image reports no digest. */
  readonly pulled: Map<string, string>;
}

/** A kubelet starts a container that ended for the first time at once. */
const RESTART_MS = 500;

/** The name of the node, and what it can hold by default. */
export const NODE = 'sim-node';
export const CAPACITY: Capacity = { pods: 60, memory: bytesOf('16Gi') };

/**
 * Starts the node. Pods do what their image's tag says (behaviour.ts), and those of this program's image run it; they stop at once at
 * deletion, as most programs do.
 */
export function startNode(
  store: Store,
  clock: VirtualClock,
  startProgram: StartProgram,
  capacity: Capacity,
): Node {
  const pulled = new Map<string, string>();
  const serving = new Map<string, Serving>();
  const bound = new Set<string>();
  const ending = new Set<string>();
  const programs = createPodPrograms(store, clock, startProgram, patch);
  let addresses = 10;

  store.subscribe(({ type, resource, object }) => {
    if (resource !== 'pods') return;
    if (type === 'DELETED') {
      bound.delete(object.metadata.uid);
      programs.forget(object);
      // room has come: pods that did not fit are tried again
      for (const pod of store.list('pods')) if (!bound.has(pod.metadata.uid)) scheduleSoon(pod);
    } else if (object.metadata.deletionTimestamp !== undefined) end(object);
    else if (type === 'ADDED') scheduleSoon(object);
  });

  function current({ metadata }: Stored): Stored | undefined {
    const pod = store.get('pods', metadata.namespace ?? '', metadata.name);
    return pod?.metadata.uid === metadata.uid && pod.metadata.deletionTimestamp === undefined
      ? pod
      : undefined;
  }

  /** false where the pod is gone, or told to end. */
  function patch(pod: Stored, status: Any): boolean {
    const found = current(pod);
    if (found) store.put('pods', { ...found, status: { ...found.status, ...status } });
    return found !== undefined;
  }

  function scheduleSoon(pod: Stored): void {
    clock.after(10, () => {
      const found = current(pod);
      // one that names its node is another node's
      if (!found || !isWaiting({ spec: found.spec, status: found.status }) || bound.has(pod.metadata.uid))
        return;
      const placed = store.list('pods').filter((each) => bound.has(each.metadata.uid) && !hasEnded(each));
      const message = unfit(
        { spec: pod.spec },
        placed.map(({ spec }) => ({ spec })),
        capacity,
      );
      if (message !== undefined) {
        patch(pod, {
          conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }],
        });
        return;
      }
      bound.add(pod.metadata.uid);
      store.put('pods', { ...found, spec: { ...found.spec, nodeName: NODE } });
      clock.after(40, () => start(found));
    });
  }

  function start(pod: Stored): void {
    const container = pod.spec.containers[0];
    const behaviour = behaviourOf(container.image, container.name);
    const address = `10.244.${addresses >> 8}.${addresses++ & 255}`;
    const image = container.image;
    const digest = image.split('@')[1] ?? pulled.get(image);
    const imageID = digest === undefined ? '' : `${image.replace(/(?::[^/:]*)?(?:@.*)?$/, '')}@${digest}`;
    const waiting = (reason: string, message: string, more: Any = {}) =>
      patch(pod, {
        podIP: address,
        conditions: [{ type: 'PodScheduled', status: 'True' }],
        containerStatuses: [
          {
            name: container.name,
            image,
            ready: false,
            restartCount: 0,
            state: { waiting: { reason, message } },
            ...more,
          },
        ],
      });
    if (behaviour.nopull) {
      const why = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
      waiting('ErrImagePull', why);
      clock.after(1000, () =>
        waiting('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${why}`),
      );
      return;
    }
    if (behaviour.badconfig) {
      waiting('CreateContainerConfigError', 'configmap "settings" not found');
      return;
    }
    if (behaviour.crash || behaviour.oom) {
      const terminated = { reason: behaviour.oom ? 'OOMKilled' : 'Error', exitCode: behaviour.oom ? 137 : 1 };
      const restarted = { restartCount: 1, lastState: { terminated } };
      clock.after(300, () =>
        waiting('CrashLoopBackOff', `back-off 10s restarting failed container=${container.name}`, restarted),
      );
      return;
    }
    if (isProgram(image)) {
      // it may have been told to end while it was on its way
      const found = current(pod);
      if (found) programs.start(found, address);
      return;
    }
    if (behaviour.exitCode !== undefined) {
      const { exitCode } = behaviour;
      const status = (state: Any) => ({
        podIP: address,
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'False' },
        ],
        containerStatuses: [{ name: container.name, image, ready: false, restartCount: 0, state }],
      });
      const startedAt = new Date(clock.now()).toISOString();
      patch(pod, { phase: 'Running', ...status({ running: { startedAt } }) });
      clock.after(behaviour.takesMs, () => {
        const finishedAt = new Date(clock.now()).toISOString();
        const terminated = {
          exitCode,
          reason: exitCode === 0 ? 'Completed' : 'Error',
          startedAt,
          finishedAt,
        };
        patch(pod, { phase: exitCode === 0 ? 'Succeeded' : 'Failed', ...status({ terminated }) });
      });
      return;
    }
    const serve = () =>
      serving.set(address, {
        ...behaviour,
        pod: pod.metadata.name,
        startedAt: clock.now(),
        metrics: createAppMetrics(),
      });
    serve();
    const running = (ready: boolean, run: object = { restartCount: 0, state: { running: {} } }) =>
      patch(pod, {
        phase: 'Running',
        podIP: address,
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          {
            type: 'Ready',
            status: ready ? 'True' : 'False',
            lastTransitionTime: new Date(clock.now()).toISOString(),
          },
        ],
        containerStatuses: [{ name: container.name, image, imageID, ready, ...run }],
      });
    running(false);
    if (!behaviour.unready) clock.after(behaviour.readyMs, () => running(true));
    const { dieAfterMs } = behaviour;
    if (dieAfterMs === undefined) return;
    clock.after(behaviour.readyMs + dieAfterMs, () => {
      if (!serving.delete(address)) return;
      const terminated = { reason: 'Error', exitCode: 1 };
      running(false, { restartCount: 0, state: { terminated } });
      clock.after(RESTART_MS, () => {
        if (!current(pod) || ending.has(pod.metadata.uid)) return;
        serve();
        running(true, { restartCount: 1, state: { running: {} }, lastState: { terminated } });
      });
    });
  }

  function end(pod: Stored): void {
    if (ending.has(pod.metadata.uid)) return;
    ending.add(pod.metadata.uid);
    const address = pod.status?.podIP ?? '';
    const stop = () => {
      serving.delete(address);
      clock.after(50, () => store.drop('pods', pod));
    };
    if (programs.end(pod, stop)) return;
    const drain = leaveMs(pod.spec.containers) + (serving.get(address)?.drainMs ?? 0);
    if (drain > 0) clock.after(drain, stop);
    else stop();
  }

  return {
    pulled,
    servingAt: (address) => serving.get(address),
    metrics: (namespace, name) =>
      serving.get(store.get('pods', namespace, name)?.status?.podIP ?? '')?.metrics.page(),
    logs: (namespace, name, previous) => {
      const pod = store.get('pods', namespace, name);
      const printed = pod && programs.logs(pod, previous);
      if (printed !== undefined) return printed;
      const behaviour = behaviourOf(pod?.spec.containers[0].image ?? '', pod?.spec.containers[0].name);
      if (behaviour.crash) {
        return 'starting\nError: cannot open database: connection refused\n    at open (/app/db.js:12:9)\n    at main (/app/index.js:3:1)\n';
      }
      if (behaviour.exitCode !== undefined) {
        return `starting ${behaviour.version}\n40 requests sent\n${behaviour.exitCode === 0 ? 'all were answered' : '3 were not answered'}\n`;
      }
      return `starting ${behaviour.version}\nlistening on :8080\n`;
    },
  };
}

/** A pod that has ended for good takes no room. */
function hasEnded({ status }: Stored): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
