import { createHash } from 'node:crypto';
import type {
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from 'kubernetes-types/core/v1';
import { backOffMs, type ContainerRun, type EndedRun } from './container-run.ts';

/** What a pod's status is made of, besides its spec. */
export interface PodState {
  pod: Pod;
  podIP: string;
  hostIP: string;
  startedAt: number;
  runs: readonly ContainerRun[];
  /** The conditions as last written: what has not changed keeps its time. */
  conditions: readonly PodCondition[];
  /** It is being deleted: nothing is restarted any more. */
  ending?: boolean;
  /** Digests by image, of those that a registry has. */
  digests?: ReadonlyMap<string, string>;
}

/** The status a kubelet would write. */
export function podStatus(state: PodState, now: number): PodStatus {
  const { pod, podIP, hostIP, startedAt, runs, digests } = state;
  // The address is the sandbox's, which is there before the containers are.
  const sandbox = runs.some((run) => run.stage !== 'creating');
  return {
    phase: phaseIn(state),
    conditions: conditionsOf(state, now),
    hostIP,
    hostIPs: [{ ip: hostIP }],
    startTime: time(startedAt),
    ...(sandbox ? { podIP, podIPs: [{ ip: podIP }] } : {}),
    ...(pod.spec?.initContainers ? { initContainerStatuses: initStatuses(pod, startedAt) } : {}),
    containerStatuses: runs.map((run) => containerStatus(pod, run, digests?.get(run.image))),
  };
}

/** As a kubelet's getPhase. */
export function phaseOf(runs: readonly ContainerRun[], restartPolicy: string): string {
  if (runs.every((run) => run.stage === 'ended') && restartPolicy !== 'Always') {
    if (runs.every((run) => run.last?.exitCode === 0)) return 'Succeeded';
    if (restartPolicy === 'Never') return 'Failed';
  }
  return runs.some((run) => run.last === undefined && isWaiting(run)) ? 'Pending' : 'Running';
}

function phaseIn({ pod, runs, ending = false }: PodState): string {
  return phaseOf(runs, ending ? 'Never' : (pod.spec?.restartPolicy ?? 'Always'));
}

function containerStatus(pod: Pod, run: ContainerRun, digest: string | undefined): ContainerStatus {
  const pulled = run.stage !== 'creating' && !run.behaviour.nopull;
  const id = `containerd://${sha256(`${pod.metadata?.uid} ${run.name} ${run.restarts}`)}`;
  const known = run.last && run.stage !== 'ended' ? { lastState: { terminated: terminated(run.last) } } : {};
  return {
    name: run.name,
    image: run.image,
    imageID: pulled ? imageId(run.image, digest) : '',
    ready: run.stage === 'ready',
    started: run.stage === 'running' || run.stage === 'ready',
    restartCount: run.restarts,
    state: stateOf(pod, run),
    ...known,
    ...(run.startedAt !== undefined || run.last ? { containerID: id } : {}),
  };
}

function stateOf(pod: Pod, run: ContainerRun): ContainerState {
  const { image, name, stage } = run;
  const cannotPull = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": not found`;
  switch (stage) {
    case 'creating':
      return { waiting: { reason: 'ContainerCreating' } };
    case 'pull-failed':
      return { waiting: { reason: 'ErrImagePull', message: cannotPull } };
    case 'pull-back-off': {
      const message = `Back-off pulling image "${image}": ErrImagePull: ${cannotPull}`;
      return { waiting: { reason: 'ImagePullBackOff', message } };
    }
    case 'config-error':
      return { waiting: { reason: 'CreateContainerConfigError', message: 'configmap "settings" not found' } };
    case 'crash-back-off': {
      const { name: podName, namespace, uid } = pod.metadata ?? {};
      const message = `back-off ${wait(run)} restarting failed container=${name} pod=${podName}_${namespace}(${uid})`;
      return { waiting: { reason: 'CrashLoopBackOff', message } };
    }
    case 'ended':
      return run.last ? { terminated: terminated(run.last) } : {};
    case 'running':
    case 'ready':
      return { running: { startedAt: time(run.startedAt ?? 0) } };
  }
}

function terminated({ startedAt, finishedAt, ...exit }: EndedRun): ContainerStateTerminated {
  return { ...exit, startedAt: time(startedAt), finishedAt: time(finishedAt) };
}

/** `10s`, `2m40s`: as Go writes a duration. */
function wait(run: ContainerRun): string {
  const seconds = backOffMs(run) / 1000;
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function conditionsOf(state: PodState, now: number): PodCondition[] {
  const { pod, runs, conditions } = state;
  const waiting = runs.filter((run) => run.stage !== 'ready').map((run) => run.name);
  const over = { Succeeded: 'PodCompleted', Failed: 'PodFailed' }[phaseIn(state)];
  const unready = over
    ? { reason: over }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${waiting.join(' ')}]` };
  const ready = waiting.length === 0;
  const sandbox = runs.some((run) => run.stage !== 'creating');
  const wanted: [string, boolean, object][] = [
    ['PodReadyToStartContainers', sandbox, {}],
    ['Initialized', true, {}],
    ['Ready', ready, ready ? {} : unready],
    ['ContainersReady', ready, ready ? {} : unready],
    ['PodScheduled', true, {}],
  ];
  const before = [...(pod.status?.conditions ?? []), ...conditions];
  return wanted.map(([type, is, why]) => {
    const status = is ? 'True' : 'False';
    const known = before.findLast((one) => one.type === type);
    const since = known?.status === status ? known.lastTransitionTime : undefined;
    return { type, status, lastTransitionTime: since ?? time(now), ...why };
  });
}

/** Init containers are taken as done: nothing here depends on what they do. */
function initStatuses(pod: Pod, startedAt: number): ContainerStatus[] {
  const at = time(startedAt);
  const done = { exitCode: 0, reason: 'Completed', startedAt: at, finishedAt: at };
  return (pod.spec?.initContainers ?? []).map(({ name, image = '' }) => ({
    name,
    image,
    imageID: imageId(image),
    ready: true,
    restartCount: 0,
    state: { terminated: { ...done, containerID: `containerd://${sha256(`${pod.metadata?.uid} ${name}`)}` } },
  }));
}

function isWaiting(run: ContainerRun): boolean {
  return ['creating', 'pull-failed', 'pull-back-off', 'config-error'].includes(run.stage);
}

/** Without a registry the same image has the same digest on every run, so that tests may compare them. */
function imageId(image: string, pulled?: string): string {
  const [name = image, digest = pulled] = image.split('@');
  const tag = name.lastIndexOf(':');
  const repository = tag > name.lastIndexOf('/') ? name.slice(0, tag) : name;
  return `${repository}@${digest ?? `sha256:${sha256(image)}`}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Kubernetes' times have whole seconds. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
