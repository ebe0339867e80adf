import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cookieJars } from '../../e2e/load/generator.ts';
import { countAnswer } from '../../e2e/load/open-loop.ts';
import { UNTIL_MS } from '../../e2e/patience.ts';
import type { Rule } from '../../e2e/rbac.ts';
import { readOutputs, stepEnvironment } from '../../e2e/step-environment.ts';
import type { Load, LoadOptions, LoadReport, Step, World } from '../../e2e/world.ts';
// loaded before anything runs: a step that waits for a module must not see time go by
import '../../src/check/check.ts';
import '../../src/engines/argo/engine.ts';
import '../../src/engines/native/engine.ts';
import '../../src/image/tag/finish.ts';
import '../../src/image/prepare.ts';
import { matchesSelector, mergePatch, withDefaults } from './api-server/admit.ts';
import { deleteObject, propagationOf } from './api-server/deletion.ts';
import { targetOf } from './api-server/resources.ts';
import { type ClusterOptions, type SimCluster, startCluster } from './cluster.ts';
import { orphan } from './controllers/garbage-collector.ts';
import { startProgram } from './nodes/program.ts';
import { virtualClock } from './virtual-clock.ts';

/** A world on the built-in cluster, in virtual time. `cluster` is for what only the built-in one can do: faults, limits. */
export interface SimWorld extends World {
  cluster: SimCluster;
  step(settings: Record<string, unknown>, build?: Record<string, string>): SimStep;
  /** A step that dies at its n-th write: before the server carries it out, or after that, before its answer. */
  stepKilledAt(settings: Record<string, unknown>, point: KillPoint, build?: Record<string, string>): SimStep;
  stop(): Promise<void>;
}

export interface SimStep extends Step {
  /** What it has written until now, such as `update leases/drone-promote-web`. */
  writes(): readonly string[];
}

export interface KillPoint {
  /** The first is 1. Reviews of one's own rights and dry runs are no writes. */
  write: number;
  when: 'before' | 'after';
}

const GUARD_IMAGE = '192.0.2.10:5000/drone-promote:sim';

/** Starts a world of its own for one scenario. */
export async function startSimWorld(
  rules: readonly Rule[],
  seed = 1,
  options: ClusterOptions = {},
): Promise<SimWorld> {
  const clock = virtualClock(Date.parse('2026-11-24T12:00:00Z'));
  const cluster = await startCluster(clock, seed, options);
  const namespace = 'shop';
  const directory = mkdtempSync(join(tmpdir(), 'drone-promote-'));
  let steps = 0;

  function start(
    settings: Record<string, unknown>,
    build: Record<string, string>,
    point: KillPoint | undefined,
  ): SimStep {
    const token = `step-${++steps}`;
    const output = join(directory, token);
    const env = stepEnvironment(
      { kubeconfig: cluster.kubeconfig(token, rules), namespace, ...settings },
      { DRONE_OUTPUT: output, ...build },
    );
    if (point) {
      cluster.server.onWrite(token, (n) => (n === point.write ? `kill-${point.when}` : undefined));
    }
    const program = startProgram(cluster, token, env);
    return {
      ...program,
      done: program.done.then((code) => ({ code, log: program.log(), outputs: readOutputs(output) })),
      writes: () => cluster.server.writes(token),
    };
  }

  return {
    kind: 'sim',
    namespace,
    host: 'shop.example.com',
    cluster,
    guardImage: GUARD_IMAGE,
    step: (settings, build = {}) => start(settings, build, undefined),
    stepKilledAt: (settings, point, build = {}) => start(settings, build, point),
    kubeconfig: async (few) => cluster.kubeconfig(`few-${++steps}`, few),
    api: directApi(cluster),
    load: async (options = {}) =>
      startLoad(cluster, { host: 'shop.example.com', path: '/', rate: 150, ...options }),
    now: () => clock.now(),
    sleep: (ms) => clock.sleep(ms),
    async until(what, condition, timeoutMs = UNTIL_MS) {
      const end = clock.now() + timeoutMs;
      while (!(await condition())) {
        if (clock.now() >= end) throw new Error(`not within ${timeoutMs / 1000}s: ${what}`);
        await clock.sleep(100);
      }
    },
    async stop() {
      await cluster.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Tells a story in a world of its own, with these rights. */
export async function inSimWorld<T>(
  rules: readonly Rule[],
  story: (world: SimWorld) => Promise<T>,
): Promise<T> {
  const world = await startSimWorld(rules);
  try {
    return await story(world);
  } finally {
    await world.stop();
  }
}

/** Users' requests, answered by the router at the moment they are due: between two changes of the world all see the same. */
export function startLoad(
  cluster: SimCluster,
  options: { host: string; path: string; rate: number; users?: number; by?: LoadOptions['by'] },
): Load {
  const { clock, router, store } = cluster;
  const report: LoadReport = { sent: 0, failures: [], versions: {}, spans: {} };
  const start = clock.now();
  let stopped = false;
  const jars = cookieJars(options.users);
  const catchUp = () => {
    const due = Math.floor(((clock.now() - start) * options.rate) / 1000);
    while (!stopped && report.sent < due) {
      const at = start + (report.sent * 1000) / options.rate;
      report.sent += 1;
      const jar = jars(report.sent);
      const { status, version, setCookie } =
        options.by === 'service'
          ? router.toService('shop', 'web')
          : router.route(options.host, options.path, jar.headers());
      if (setCookie !== undefined) jar.take([setCookie]);
      if (version !== undefined) countAnswer(report, version, at);
      if (status < 200 || status > 299)
        report.failures.push({ at, status, ...(version === undefined ? {} : { version }) });
    }
  };
  router.beforeChange(catchUp);
  const unsubscribe = store.subscribe(catchUp);
  const current = () => {
    catchUp();
    return report;
  };
  return {
    report: current,
    async stop() {
      current();
      stopped = true;
      unsubscribe();
      return report;
    },
  };
}

/** Set-up and looking go past the server, so that faults and counts are the program's alone. */
function directApi({ store, clock }: SimCluster): World['api'] {
  const find = (path: string) => {
    const url = new URL(path, 'http://sim');
    const target = targetOf(url.pathname);
    if (!target) throw new Error(`nothing is served at ${path}`);
    return { ...target, params: url.searchParams };
  };
  return {
    async get(path) {
      const { kind, namespace, name = '' } = find(path);
      return store.get(kind.plural, namespace, name);
    },
    async list(path) {
      const { kind, namespace, params } = find(path);
      const selector = params.get('labelSelector');
      return store
        .list(kind.plural, namespace === '' ? undefined : namespace)
        .filter(({ metadata }) => selector === null || matchesSelector(selector, metadata.labels));
    },
    async create(path, object) {
      const { kind, namespace } = find(path);
      const stored = store.add(
        kind.plural,
        withDefaults(kind.plural, {
          ...object,
          metadata: { ...object.metadata, ...(namespace === '' ? {} : { namespace }) },
        }),
      );
      if (!stored) throw Object.assign(new Error(`${path} exists`), { status: 409 });
      return stored;
    },
    async patch(path, patch) {
      const { kind, namespace, name = '' } = find(path);
      const found = store.get(kind.plural, namespace, name);
      if (!found) throw Object.assign(new Error(`${path} does not exist`), { status: 404 });
      return store.put(kind.plural, mergePatch(found, patch));
    },
    async delete(path) {
      const { kind, namespace, name = '', params } = find(path);
      const found = store.get(kind.plural, namespace, name);
      if (!found) return;
      const propagation = propagationOf(kind.plural, params.get('propagationPolicy'));
      deleteObject(store, clock.now(), kind.plural, found, propagation);
      if (propagation === 'Orphan') orphan(store, found.metadata.uid);
    },
  };
}
