import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addon } from '../addon.ts';
import type { LoadTarget } from '../load/generator.ts';
import { UNTIL_MS } from '../patience.ts';
import { readOutputs, stepEnvironment, withoutCard } from '../step-environment.ts';
import type { Api, KubeObject, Load, LoadReport, Step, World } from '../world.ts';
import { serviceAccountToken, tokenWith } from './accounts.ts';
import type { Addons } from './addons/addons.ts';
import { PROMETHEUS_URL } from './addons/prometheus.ts';
import { startContainerStep, WORKSPACE } from './container-step.ts';
import { type ControlPlane, kubeconfig } from './control-plane.ts';
import type { BuiltImage } from './image/build-image.ts';
import type { ServiceTarget } from './kube-proxy.ts';
import { deployNeighbours } from './neighbours.ts';
import { ApiError, connect, type NodeApi } from './node/api.ts';
import { PROGRAM_IMAGE } from './programs.ts';
import { startStep } from './step-process.ts';
import { usersAddress } from './users-address.ts';

/** How often a condition is looked at: most looks are requests, and several labs share the machine. */
const POLL_MS = 250;

const PROGRAM = new URL('../../dist/main.js', import.meta.url).pathname;

/** What a lab offers to its scenarios. */
export interface Lab {
  controlPlane: ControlPlane;
  addons: Addons;
  /** For scenarios that need `container`. */
  image?: BuiltImage | undefined;
  runDir: string;
  /** For scenarios that need it. */
  kubectl?: string | undefined;
}

/** A world for one scenario on the lab: a namespace of its own, and a service account with the rights that `drone-promote rbac` prints. */
export async function startLabWorld(
  { controlPlane, addons, image, runDir, kubectl }: Lab,
  name: string,
  needs: readonly Addon[] = [],
): Promise<World & { stop(): Promise<void> }> {
  await addons.prepare(needs);
  const admin = await connect(controlPlane.adminKubeconfig);
  const api = apiOf(admin);
  const namespace = name;
  const host = `${name}.example.com`;
  await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const token = await serviceAccountToken(api, namespace, needs);
  const neighbours = await deployNeighbours(api, namespace);
  const folder = mkdtempSync(join(runDir, `${name}-`));
  const loads = new Set<Load>();
  const children = new Set<ChildProcess>();
  const container = needs.includes('container') ? image : undefined;
  let steps = 0;
  let told = (): string => 'nothing';
  let accounts = 0;

  function step(settings: Record<string, unknown>, build: Record<string, string> = {}): Step {
    const name = `output-${++steps}`;
    const output = join(folder, name);
    const env = stepEnvironment(
      { kubeconfig: kubeconfig(token, controlPlane.ca), namespace, ...settings },
      { DRONE_OUTPUT: container ? join(WORKSPACE, name) : output, ...build },
    );
    const running = container ? startContainerStep(container, env, folder) : startStep(PROGRAM, env);
    const { child } = running;
    children.add(child);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
    }
    told = () => withoutCard(log);
    const done = new Promise<number>((resolve) => {
      child.once('close', (code) => resolve(code ?? -1));
    });
    return {
      done: done.then((code) => ({ code, log: withoutCard(log), outputs: readOutputs(output) })),
      log: () => withoutCard(log),
      kill: () => running.kill(),
      terminate: () => running.signal('SIGTERM'),
      pause: () => running.signal('SIGSTOP'),
      resume: () => running.signal('SIGCONT'),
    };
  }

  return {
    kind: 'lab',
    namespace,
    host,
    api,
    guardImage: PROGRAM_IMAGE,
    ...(container ? { image: container } : {}),
    ...(needs.includes('kubectl') && kubectl !== undefined
      ? {
          administrator: {
            PATH: `${dirname(kubectl)}:${process.env.PATH}`,
            KUBECONFIG: controlPlane.adminKubeconfig,
          },
        }
      : {}),
    ...(needs.includes('prometheus') ? { prometheus: PROMETHEUS_URL } : {}),
    programs: {
      ...addons,
      restart: (program, downMs) =>
        program === 'etcd' || program === 'kube-apiserver'
          ? controlPlane.restart(program, downMs)
          : addons.restart(program, downMs),
    },
    step,
    async kubeconfig(rules) {
      const account = `few-rights-${++accounts}`;
      return kubeconfig(await tokenWith(admin, api, namespace, account, rules), controlPlane.ca);
    },
    async load({ by, ...options } = {}) {
      const common = { host, path: '/', rate: 150, ...options };
      const load =
        by === 'service' || by === 'kept'
          ? startLoad(
              // nothing listens there: each connection goes to an endpoint
              { address: 'web', port: 80, ...common, connections: by === 'service' ? 'afresh' : 'kept' },
              { kubeconfig: controlPlane.adminKubeconfig, namespace, name: 'web' },
            )
          : startLoad({ ...usersAddress(by), ...common });
      loads.add(load);
      await load.started;
      return load;
    },
    now: () => Date.now(),
    sleep: (ms) => sleep(ms),
    async until(what, condition, timeoutMs = UNTIL_MS) {
      const end = Date.now() + timeoutMs;
      while (!(await condition())) {
        if (Date.now() >= end)
          throw new Error(`not within ${timeoutMs / 1000}s: ${what}; the last step has told:\n${told()}`);
        await sleep(POLL_MS);
      }
    },
    async stop() {
      // a step that a failed scenario has left, perhaps paused, would keep the lab up
      for (const child of children) child.kill('SIGKILL');
      for (const load of loads) await load.stop();
      const touched = await neighbours.assertUntouched().catch((error: unknown) => error);
      await api.delete(`/api/v1/namespaces/${namespace}`).catch((error: unknown) => {
        // a scenario may have deleted it itself
        if (!(error instanceof ApiError && [404, 409].includes(error.status))) throw error;
      });
      if (touched) throw touched;
    },
  };
}

/** The load generator in a process of its own, so that neither disturbs the other. */
function startLoad(target: LoadTarget, service?: ServiceTarget): Load & { started: Promise<void> } {
  const given = [JSON.stringify(target), ...(service ? [JSON.stringify(service)] : [])];
  const child = fork(new URL('../load/process.ts', import.meta.url).pathname, given, { execArgv: [] });
  let latest: LoadReport = { sent: 0, failures: [], versions: {}, spans: {} };
  let final: Promise<LoadReport> | undefined;
  child.on('message', (report) => {
    latest = report as LoadReport;
  });
  const asking = setInterval(() => child.connected && child.send('report'), 200);
  const started = new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The load generator has ended before its first request.')));
    child.on('message', (report) => (report as LoadReport).sent > 0 && resolve());
  });
  return {
    started,
    report: () => latest,
    stop() {
      final ??= new Promise((resolve) => {
        clearInterval(asking);
        child.once('exit', () => resolve(latest));
        child.send('stop');
      });
      return final;
    },
  };
}

function apiOf(admin: NodeApi): Api {
  return {
    async get(path) {
      try {
        return (await admin.call('GET', path)) as KubeObject;
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return undefined;
        throw error;
      }
    },
    async list(path) {
      const { items } = (await admin.call('GET', path)) as { items: KubeObject[] };
      // scenarios look at what is theirs; the program sees the neighbours, too
      return items.filter(({ metadata }) => !/^other(-|$)/.test(metadata.name));
    },
    create: async (path, object) => (await admin.call('POST', path, object)) as KubeObject,
    patch: async (path, patch) => (await admin.call('PATCH', path, patch)) as KubeObject,
    delete: async (path) => {
      await admin.call('DELETE', path);
    },
  };
}
