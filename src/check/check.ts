import type { Build } from '../ci/build.ts';
import type { Clock } from '../clock.ts';
import { type Cluster, createCluster } from '../cluster/client.ts';
import { connect } from '../cluster/connect.ts';
import { deployments } from '../cluster/resource.ts';
import type { PromotionEvent } from '../events.ts';
import type { Outcome } from '../outcome.ts';
import { CONTROLLER_CONFIG, rbacCommand } from '../rbac/print.ts';
import { engineOf } from '../settings/engine.ts';
import type { Settings } from '../settings/settings.ts';
import type { Name } from '../settings/table/index.ts';
import { ROUTERS, type Routers } from '../traffic/index.ts';
import { eventLine, releaseLine, settingsLines, windowLines } from './before-cluster.ts';
import { collect } from './collect.ts';
import { checkGuardRights } from './guard-rights.ts';
import { checkGuard, checkImage } from './image.ts';
import { checkKeels } from './keel.ts';
import { type CheckLine, faultOf, note, ok, outcomeOf } from './line.ts';
import { type RunEngine, rehearse, tagToRehearse } from './rehearsal.ts';
import { checkRights } from './rights.ts';

/** What is checked. */
export interface Checked {
  /** Complete; a setting with a fault has its default. */
  settings: Settings;
  faults: readonly string[];
  /** The settings that the user set. */
  texts: ReadonlyMap<Name, string>;
  build: Build;
}

export interface CheckDeps {
  clock: Clock;
  signal: AbortSignal;
  routers: Routers | undefined;
  run: RunEngine;
}

/**
 * Tells everything that can be known before a promotion, all faults and not only the first. Each area is looked
 * at by itself; what the engine would refuse comes from its own dry run. Writes nothing.
 */
export async function* check(checked: Checked, deps: CheckDeps): AsyncGenerator<PromotionEvent, Outcome> {
  const lines: CheckLine[] = [];
  for await (const line of linesOf(checked, deps)) {
    lines.push(line);
    const { code: _, ...event } = line;
    yield { type: 'checked', ...event };
  }
  return outcomeOf(lines);
}

async function* linesOf(checked: Checked, deps: CheckDeps): AsyncGenerator<CheckLine> {
  const { settings, faults, texts, build } = checked;
  yield* settingsLines(settings, faults, texts.size);
  yield eventLine(build, settings);
  yield* windowLines(build, settings, deps.clock.now());
  const { line, release } = releaseLine(build, settings);
  if (line) yield line;
  if (engineOf(settings) === 'keel') yield* await checkKeels(settings);
  const reached = await reach(settings, deps);
  if (reached.line) yield reached.line;
  const { cluster } = reached;
  try {
    if (cluster) yield* ofCluster(checked, cluster, deps);
    if (release) yield* await checkImage(settings, build, { ...deps, cluster });
    yield* ofEngine(checked, release?.tag, reached.isRefused, deps);
  } finally {
    cluster?.connection.httpAgent.destroy();
    cluster?.connection.httpsAgent.destroy();
  }
}

interface Reached {
  cluster?: Cluster;
  line?: CheckLine;
  /** The settings need a cluster, and it cannot be used. */
  isRefused?: true;
}

/** Connects, and asks one question that every account may ask. */
async function reach(settings: Settings, { clock }: CheckDeps): Promise<Reached> {
  const { kubeconfig, server, workload } = settings;
  const isSet = kubeconfig !== undefined || server !== undefined;
  if (engineOf(settings) === 'keel' && !isSet)
    return {
      line: note(
        'cluster',
        'None is read, so nobody watches the update.',
        'kubeconfig: { from_secret: kubeconfig }',
      ),
    };
  // the line about the settings says that the workload is missing; there is no cluster to look at without one
  if (!isSet && workload === undefined && !process.env.KUBERNETES_SERVICE_HOST) return { isRefused: true };
  try {
    const connection = await connect(settings);
    const cluster = createCluster(connection, settings.namespace ?? connection.namespace ?? 'default', clock);
    await cluster.may({ verb: 'get', resource: deployments });
    return { cluster, line: ok('cluster', `${cluster.server} answers, namespace ${cluster.namespace}`) };
  } catch (error) {
    return { isRefused: true, line: faultOf('cluster', error) };
  }
}

async function* ofCluster(
  { settings, texts, build }: Checked,
  cluster: Cluster,
  deps: CheckDeps,
): AsyncGenerator<CheckLine> {
  const { namespace } = cluster;
  const command = rbacCommand(texts, namespace);
  const request = {
    settings,
    namespace,
    controllerConfig: CONTROLLER_CONFIG,
    pullSecrets: [],
    nodeRoom: false,
  };
  const routers = deps.routers ?? ROUTERS;
  yield* await checkRights(request, cluster, routers, command);
  yield* await checkGuard(settings, build, { ...deps, cluster }, command);
  yield* await checkGuardRights(request, cluster, routers, command);
}

/** What the engine says: its dry run, and the state of the workload. */
async function* ofEngine(
  { settings }: Checked,
  tag: string | undefined,
  isRefused: true | undefined,
  { run }: CheckDeps,
): AsyncGenerator<CheckLine> {
  const isKeel = engineOf(settings) === 'keel';
  const lacking = isKeel
    ? settings.urls === undefined
    : settings.workload === undefined || settings.repo === undefined;
  if (lacking || isRefused) {
    const why = lacking ? 'settings are missing' : 'the cluster cannot be used';
    yield note('plan', `It was not made, because ${why}.`);
    return;
  }
  yield* await rehearse({ ...settings, tag: tagToRehearse(settings.tag ?? tag) }, run);
  if (isKeel) return;
  const { events } = await collect(await run({ ...settings, action: 'status' }));
  for (const event of events) if (event.type === 'status') yield ok('state', event.title, event.lines);
}
