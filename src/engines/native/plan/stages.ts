import { RESTORE_FOLLOWERS } from './followers/stages.ts';
import { undoStages } from './hooks/hook-stages.ts';
import type { Plan } from './plan.ts';
import type { PromotionRecord } from './record.ts';
import { REMOVE, releaseAutoscaler, type Stage } from './stage.ts';
import { stagesUp } from './stages-up.ts';
import { rollingDown, rollingUp } from './strategy/rolling.ts';

/** The stages of the record's direction. */
export function stagesOf(record: PromotionRecord): Stage[] {
  const { plan, direction } = record;
  if (plan.strategy === 'rolling') return direction === 'up' ? rollingUp(plan) : rollingDown(record);
  return direction === 'up' ? stagesUp(plan) : down(record);
}

/** The name of the stage that a record is at, for people. */
export function stageName(record: PromotionRecord): string {
  return stagesOf(record)[record.stage]?.name ?? 'the end';
}

/** Whether an earlier stage has made the canary, or this one has. */
export function hasMadeCanary(record: PromotionRecord): boolean {
  const stages = stagesOf(record).slice(0, record.reachedAt === undefined ? record.stage : record.stage + 1);
  return stages.some(({ replicaPercent }) => typeof replicaPercent === 'number');
}

/**
 * The indexes of the stages of a promotion that are judged: those with users, or copies of their requests, on the canary. The judge divides
 * its false alarms over them. With a baseline only the user's steps are judged, because the canary grows
 * afterwards, and its new pods are younger than those of the baseline.
 */
export function judgedStages(plan: Plan): ReadonlySet<number> {
  const isJudged = ({ kind, weight }: Stage) =>
    typeof weight === 'number' &&
    (weight > 0 || kind === 'mirror') &&
    kind !== 'update-follower' &&
    (!plan.baseline || ['mirror', 'first-contact', 'weight', 'hold'].includes(kind));
  return new Set(stagesUp(plan).flatMap((stage, index) => (isJudged(stage) ? [index] : [])));
}

/**
 * The stages of a rollback. Weight 0 comes first if stable still runs the old version. If stable was updated
 * already, it is restored first: while the canary takes all users, or at the pace of the router, at which stable
 * itself carries all users.
 */
function down(record: PromotionRecord): Stage[] {
  const { plan } = record;
  const direct = plan.steps.length === 0;
  const shifts = plan.finish === 'shift' && !direct;
  const restore: Stage[] = [
    ...(shifts
      ? [
          {
            kind: 'canary-takes-all',
            name: 'canary takes all users',
            weight: 100,
            replicaPercent: 100,
            image: 'any',
            forMs: plan.settleMs,
          } as const,
        ]
      : []),
    {
      kind: 'restore',
      name: 'restore stable',
      weight: plan.pace && !direct ? 'lower' : 'keep',
      replicaPercent: 'keep',
      image: 'from',
      forMs: direct ? 0 : plan.settleMs,
    },
  ];
  return [
    ...(record.restore ? restore : []),
    {
      kind: 'drain-canary',
      name: 'weight 0',
      weight: 'lower',
      replicaPercent: 'keep',
      image: 'any',
      forMs: record.drain ? plan.drainMs : 0,
    },
    // the users first: a follower that does not go back must not keep them on the release
    ...(record.restoreFollowers ? [RESTORE_FOLLOWERS] : []),
    ...releaseAutoscaler(plan),
    REMOVE,
    ...undoStages(record),
  ];
}
