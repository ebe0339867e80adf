import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Deployment } from 'kubernetes-types/apps/v1';
import { SETTINGS } from '../e2e/app.ts';
import { stepEnvironment } from '../e2e/step-environment.ts';
import { systemClock } from '../src/clock.ts';
import { rolloutStatus } from '../src/workload/rollout-status.ts';
import { type SimCluster, startCluster } from '../test/sim/cluster.ts';
import { deployAppTo } from '../test/sim/deploy-app.ts';
import { realClock } from '../test/sim/virtual-clock.ts';
import { spread } from './measure.ts';

/**
 * What a promotion costs beside what it waits for: requests to the API server, and time over its own planned holds and the pods' own
 * start. The bundle, as a process, against the built-in cluster on real time.
 */
const NAMESPACE = 'shop';
const STEPS = ['10% 1s', '25% 1s', '50% 1s'];
const SETTLE_MS = 1000;
/** Three steps of a second; three settles (full size, 100 %, stable) and the drain. */
const PLANNED_MS = 3 * 1000 + 4 * SETTLE_MS;

interface Cost {
  requests: number;
  watches: number;
  overheadMs: number;
}

/** A table of one three-step promotion, `rounds` times. */
export async function promotionCost(rounds: number): Promise<string> {
  const costs: Cost[] = [];
  for (let round = 0; round < rounds; round += 1) costs.push(await promoteOnce());
  const line = (what: string, values: number[]) => `| ${what} | ${spread(values)} |`;
  return [
    `A three-step promotion (${STEPS.join(', ')}) of 4 pods, \`finish: shift\`, \`false_alarm: 0\`, ${rounds} times:`,
    '',
    '| | median (10th to 90th percentile) |',
    '|---|---|',
    line(
      'requests to the API server, watches aside',
      costs.map(({ requests }) => requests),
    ),
    line(
      'watches begun',
      costs.map(({ watches }) => watches),
    ),
    line(
      'time over planned holds and the pods’ own start, ms',
      costs.map(({ overheadMs }) => overheadMs),
    ),
  ].join('\n');
}

async function promoteOnce(): Promise<Cost> {
  const cluster = await startCluster(realClock(systemClock));
  try {
    await deployAppTo(cluster, { namespace: NAMESPACE, host: 'shop.example.com' });
    const podsMs = watchRollouts(cluster);
    const settings = {
      ...SETTINGS,
      // without users there is nothing to judge or to confirm a weight by, and nobody watches
      false_alarm: '0',
      unwatched: 'allow',
      steps: STEPS,
      settle: `${SETTLE_MS}ms`,
      drain: `${SETTLE_MS}ms`,
      namespace: NAMESPACE,
      kubeconfig: cluster.kubeconfig('bench'),
    };
    const begun = performance.now();
    await promisify(execFile)(process.execPath, ['dist/main.js'], { env: stepEnvironment(settings) });
    const tookMs = performance.now() - begun;
    const counts = [...cluster.server.counts];
    const sum = (isCounted: (label: string) => boolean) =>
      counts.reduce((total, [label, count]) => total + (isCounted(label) ? count : 0), 0);
    return {
      requests: sum((label) => !label.startsWith('watch ')),
      watches: sum((label) => label.startsWith('watch ')),
      overheadMs: tookMs - PLANNED_MS - podsMs(),
    };
  } finally {
    await cluster.stop();
  }
}

/** Adds up the time in which a Deployment was on its way: from each change of its spec until kubectl would call it rolled out. */
function watchRollouts({ store }: SimCluster): () => number {
  const since = new Map<string, number>();
  let totalMs = 0;
  store.subscribe(({ type, resource, object }) => {
    if (resource !== 'deployments') return;
    const { name } = object.metadata;
    const begun = since.get(name);
    // a Deployment that goes ends with its pods: that wait is the cluster's too
    const onTheWay =
      type !== 'DELETED' &&
      (object.metadata.deletionTimestamp !== undefined ||
        rolloutStatus(object as unknown as Deployment).state !== 'done');
    if (onTheWay && begun === undefined) since.set(name, performance.now());
    if (!onTheWay && begun !== undefined) {
      totalMs += performance.now() - begun;
      since.delete(name);
    }
  });
  return () => totalMs;
}
