import { orForbidden } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { holderName } from '../../cluster/holder.ts';
import { listIfServed } from '../../cluster/list-if-served.ts';
import { fixedSource } from '../../cluster/object-source.ts';
import * as kinds from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { checksText } from '../../sentences.ts';
import { type Routers, routerOf } from '../../traffic/index.ts';
import { templatedStatus, templateOf } from '../../workload/kinds/templated.ts';
import { resourceOf, settingOf, titleOf, workloadIn } from '../../workload/rolling/kinds.ts';
import { HISTORY, leaseName, readLease } from './lock/lease.ts';
import { progressIn } from './lock/progress.ts';
import { sharedWorkload } from './lock/shared-workload.ts';
import { followerName, type WorkloadRef } from './plan/followers/follower.ts';
import { type FoundFollower, readFollowers } from './plan/followers/read-followers.ts';
import { splitOf } from './plan/plan.ts';
import { decodeHistory, type PromotionRecord } from './plan/record.ts';
import { stageEvents } from './plan/stage-events.ts';
import { stageName } from './plan/stages.ts';
import { shareOf } from './rolling/converge.ts';
import { rollerOf } from './rolling/rollers.ts';
import { findSeen } from './rolling/seen.ts';

/** Shows the state of a workload: what runs, the current promotion, and the last outcomes. Writes nothing. */
export async function* status(
  workload: string,
  others: readonly WorkloadRef[],
  cluster: Cluster,
  routers: Routers,
): AsyncGenerator<PromotionEvent, Outcome> {
  const named = workloadIn(workload);
  const resource = resourceOf(named.kind);
  const [found, lease, following] = await Promise.all([
    cluster.get(resource, named.workload),
    cluster.get(kinds.leases, leaseName(workload)),
    readFollowers(cluster, others),
  ]);
  const title = titleOf(named);
  if (!found) {
    throw new PromoteError('workload', `There is no ${title} in namespace ${cluster.namespace}.`, {
      hint: `kubectl -n ${cluster.namespace} get ${resource.plural}`,
    });
  }
  const { record, holder } = lease ? readLease(lease) : {};
  // it may follow another workload that is being promoted; only those who may list Leases know it
  const shared = record ? undefined : (await orForbidden(sharedWorkload(cluster, named)))?.message;
  const weight = record ? await weightNow(cluster, record, routers) : 0;
  const images = (found.spec?.template.spec?.containers ?? []).map(({ image }) => image ?? '');
  yield {
    type: 'status',
    title: `${title} in ${cluster.namespace}`,
    lines: [
      `runs ${[...new Set(images)].join(', ')}: ${rollerOf(named.kind).status(found).message}`,
      ...following.map(followerLine),
      ...(record ? underWay(record, holder, weight) : [shared ?? 'no promotion is in progress']),
    ],
    images: [...new Set(images)],
    ...(record && lease ? { progress: { ...progressIn(lease, record, holder), weight } } : {}),
    history: decodeHistory(lease?.metadata?.annotations?.[HISTORY]),
  };
  return {
    kind: 'shown',
    workload: settingOf(named),
    namespace: cluster.namespace,
    reason: record
      ? `A promotion of ${record.plan.to} is in progress, with ${weight} % of the ${whatOf(record)}.`
      : (shared ?? `${title} is not being promoted.`),
    hints: [],
    image: images[0] ?? '',
    weight,
  };
}

/** What a workload that follows runs. */
function followerLine({ object, ...ref }: FoundFollower): string {
  if (!object) return `${followerName(ref)} does not exist`;
  const containers = templateOf(ref.kind, object)?.spec?.containers ?? [];
  const images = [...new Set(containers.map(({ image }) => image))].join(', ');
  return `${followerName(ref)} runs ${images}: ${templatedStatus(ref.kind, object).message}`;
}

/** What a weight is a share of. */
function whatOf({ plan }: PromotionRecord): 'users' | 'pods' {
  return plan.strategy === 'rolling' ? 'pods' : 'users';
}

/** The canary's weight in the routes, or the share of the pods that run the release, in percent. */
async function weightNow(cluster: Cluster, { plan }: PromotionRecord, routers: Routers): Promise<number> {
  if (plan.strategy === 'rolling') {
    const { items } = await cluster.list(kinds.pods);
    return shareOf(findSeen(fixedSource([[kinds.pods, items]]), plan));
  }
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
    `${record.plan.to} ${state}, at "${stageName(record)}"${ownChecks(record)}, with ${weight} % of the ${whatOf(record)}, started by ${record.by}`,
    ...(record.plan.preview && record.direction === 'up'
      ? [`the new version can be tried at ${record.plan.preview.url}`]
      : []),
    holder ? `the lock is held by ${holderName(holder)}` : 'nobody holds the lock',
    ...(record.reason === undefined ? [] : [`reason: ${record.reason}`]),
  ];
}

/** ` (with check smoke)`, if the stage has checks of its own. */
function ownChecks(record: PromotionRecord): string {
  const [event] = stageEvents(record);
  return event?.checks ? ` (with ${checksText(event.checks)})` : '';
}
