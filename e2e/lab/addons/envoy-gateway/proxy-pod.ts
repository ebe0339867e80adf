import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, Pod } from 'kubernetes-types/core/v1';
import { ApiError, type NodeApi } from '../../node/api.ts';
import { environmentOf } from '../../node/pods/environment.ts';
import { createStampedLog, type StampedLog } from '../../node/stamped-log.ts';
import { ENVOY } from '../../users-address.ts';
import { CONTROLLER, NAMESPACE } from './objects.ts';
import { withOwnRoot } from './own-root.ts';
import { keepVolume } from './volumes.ts';

/** The container that really runs. */
export const CONTAINER = 'envoy';
const READY = `http://${ENVOY.address}:19003/ready`;
const LOOK_AGAIN_MS = 100;
/** Envoy opens /dev/stdout, which can be a pipe, and not the socket that a child of Node's has. It ends with this shell. */
const PIPED = 'setpriv --pdeathsig KILL "$@" | cat';

/** The pod of a proxy, from its binding to its end. */
export interface ProxyPod {
  readonly pod: Pod;
  readonly log: StampedLog;
  /** Ends its process, and deletes the object for good. */
  end(): Promise<void>;
}

/** Runs the pod's Envoy with the arguments of the pod, on the address of this node. */
export function startProxy(
  api: NodeApi,
  pod: Pod,
  { program, folder }: { program: string; folder: string },
): ProxyPod {
  const { namespace = '', name = '', uid = '' } = pod.metadata ?? {};
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const log = createStampedLog();
  let child: ChildProcess | undefined;
  let isEnding = false;

  async function run(): Promise<void> {
    const container = pod.spec?.containers.find((each) => each.name === CONTAINER);
    if (!container) throw new Error(`pod ${name} has no container ${CONTAINER}`);
    const own = join(folder, uid);
    mkdirSync(own, { recursive: true });
    const mounts: Record<string, string> = {};
    for (const { name: volume, mountPath } of container.volumeMounts ?? []) {
      const source = pod.spec?.volumes?.find((each) => each.name === volume);
      if (!source) continue;
      mounts[mountPath] = join(own, volume);
      await keepVolume(api, namespace, source, join(own, volume));
    }
    if (isEnding) return;
    const env = environmentOf(container, { pod, podIP: ENVOY.address, hostIP: ENVOY.address }, SERVER);
    const [command = '', ...args] = withOwnRoot(join(own, 'root'), mounts, [
      ...['/bin/sh', '-c', PIPED, 'sh', program],
      ...argumentsOf(container, env),
    ]);
    child = spawn(command, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const input of [child.stdout, child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => log.add([line], Date.now()));
    }
    // requests are on the other one
    child.stderr?.pipe(process.stderr);
    child.once('exit', (code) => console.log(`${name}: envoy has ended with ${code}`));
    await api.call('PATCH', `${path}/status`, { metadata: { uid }, status: statusOf(pod, false) });
    while (!isEnding && !(await isReady())) await sleep(LOOK_AGAIN_MS);
    if (!isEnding)
      await api.call('PATCH', `${path}/status`, { metadata: { uid }, status: statusOf(pod, true) });
  }

  run().catch((error: unknown) => console.error(`${name}: ${error}`));
  return {
    pod,
    log,
    async end() {
      if (isEnding) return;
      isEnding = true;
      child?.kill('SIGKILL');
      await api
        .call('DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error: unknown) => {
          if (!(error instanceof ApiError && [404, 409].includes(error.status))) throw error;
        });
    },
  };
}

/** Where containers find the API server. */
const SERVER = { host: '10.0.0.1', port: '6443' };

/** The container's arguments for this machine: no name resolves, and other programs listen here, too. */
function argumentsOf({ args = [] }: Container, env: Readonly<Record<string, string>>): string[] {
  const known = args
    .filter((each) => each !== '--cpuset-threads')
    .map((each) =>
      each
        .replace(/\$\(([^()]*)\)/g, (all, name: string) => env[name] ?? all)
        .replaceAll('0.0.0.0', ENVOY.address)
        .replaceAll(`envoy-gateway.${NAMESPACE}.svc.cluster.local.`, CONTROLLER),
    );
  return [...known, '--concurrency', '1', '--disable-hot-restart'];
}

async function isReady(): Promise<boolean> {
  try {
    return (await fetch(READY, { signal: AbortSignal.timeout(1000) })).ok;
  } catch {
    return false;
  }
}

function statusOf({ spec }: Pod, ready: boolean): object {
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const condition = (type: string, isTrue: boolean) => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: now,
  });
  return {
    phase: 'Running',
    podIP: ENVOY.address,
    podIPs: [{ ip: ENVOY.address }],
    hostIP: ENVOY.address,
    startTime: now,
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: (spec?.containers ?? []).map(({ name, image = '' }) => ({
      name,
      image,
      imageID: '',
      ready,
      started: ready,
      restartCount: 0,
      state: { running: { startedAt: now } },
    })),
  };
}
