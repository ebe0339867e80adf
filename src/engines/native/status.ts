import type { Cluster } from '../../cluster/client.ts';
import { holderName } from '../../cluster/holder.ts';
import { listIfServed } from '../../cluster/list-if-served.ts';
import { fixedSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { type Routers, routerOf } from '../../traffic/index.ts';
import { rolloutStatus } from '../../workload/rollout-status.ts';
import { HISTORY, leaseName, readLease } from './lock/lease.ts';
import { progressIn } from './lock/progress.ts';
import { splitOf } from './plan/plan.ts';
import { decodeHistory, type PromotionRecord } from './plan/record.ts';
import { stageName } from './plan/stages.ts';

/** Shows the state of a workload: what runs, the current promotion, and the last outcomes. Writes nothing. */
export async function* status(
  workload: string,
  cluster: Cluster,
  routers: Routers,
): AsyncGenerator<PromotionEvent, Outcome> {
  const [deployment, lease] = await Promise.all([
    cluster.get(kinds.deployments, workload),
    cluster.get(kinds.leases, leaseName(workload)),
  ]);
  if (!deployment) {
    throw new PromoteError(
      'workload',
      `There is no Deployment/${workload} in namespace ${cluster.namespace}.`,
      {
        hint: `kubectl -n ${cluster.namespace} get deployments`,
      },
    );
  }
  const { record, holder } = lease ? readLease(lease) : {};
  const weight = record ? await weightNow(cluster, record, routers) : 0;
  const images = (deployment.spec?.template.spec?.containers ?? []).map(({ image }) => image ?? '');
  yield {
    type: 'status',
    title: `Deployment/${workload} in ${cluster.namespace}`,
    lines: [
      `runs ${[...new Set(images)].join(', ')}: ${rolloutStatus(deployment).message}`,
      ...(record ? underWay(record, holder, weight) : ['no promotion is in progress']),
    ],
    images: [...new Set(images)],
    ...(record && lease ? { progress: { ...progressIn(lease, record, holder), weight } } : {}),
    history: decodeHistory(lease?.metadata?.annotations?.[HISTORY]),
  };
  return {
    kind: 'shown',
    workload: `deployment/${workload}`,
    namespace: cluster.namespace,
    reason: record
      ? `A promotion of ${record.plan.to} is in progress, with ${weight} % of the users.`
      : `Deployment/${workload} is not being promoted.`,
    hints: [],
    image: images[0] ?? '',
    weight,
  };
}

/** The canary's weight in the routes, in percent. */
async function weightNow(cluster: Cluster, { plan }: PromotionRecord, routers: Routers): Promise<number> {
  const router = routerOf(plan.router, routers);
  const lists = router.resources.map(
    async (each) => [each, (await listIfServed(cluster, each)).items] as const,
  );
  return router.weight(splitOf(plan), fixedSource(await Promise.all(lists)));
}

function underWay(record: PromotionRecord, holder: string | undefined, weight: number): string[] {
  const state = record.held
    ? 'is held'
    : record.direction === 'up'
      ? 'is being promoted'
      : 'is being rolled back';
  return [
    `${record.plan.to} ${state}, at "${stageName(record)}", with ${weight} % of the users, started by ${record.by}`,
    holder ? `the lock is held by ${holderName(holder)}` : 'nobody holds the lock',
    ...(record.reason === undefined ? [] : [`reason: ${record.reason}`]),
  ];
}
