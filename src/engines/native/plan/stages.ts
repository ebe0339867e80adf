import type { Plan } from './plan.ts';
import type { PromotionRecord } from './record.ts';
import { REMOVE, type Stage, unpin } from './stage.ts';
import { stagesUp } from './stages-up.ts';

/** The stages of the record's direction. */
export function stagesOf(record: PromotionRecord): Stage[] {
  return record.direction === 'up' ? stagesUp(record.plan) : down(record);
}

/** The name of the stage that a record is at, for people. */
export function stageName(record: PromotionRecord): string {
  return stagesOf(record)[record.stage]?.name ?? 'the end';
}

/**
 * The stages of the way up that are judged, by their index: those with users on the canary; what the judge's evidence is divided over. With a
 * baseline only the user's steps: later the canary grows, and its new pods are younger than those that they would be compared with.
 */
export function judgedStages(plan: Plan): ReadonlySet<number> {
  const isJudged = ({ kind, weight }: Stage) =>
    typeof weight === 'number' &&
    weight > 0 &&
    (!plan.baseline || ['first-contact', 'weight', 'hold'].includes(kind));
  return new Set(stagesUp(plan).flatMap((stage, index) => (isJudged(stage) ? [index] : [])));
}

/**
 * The way back. Weight 0 first, always, where stable still is what it was. Where stable was written already, it is put back first,
 * while the canary carries the users.
 */
function down(record: PromotionRecord): Stage[] {
  const { plan } = record;
  const direct = plan.steps.length === 0;
  const carried = plan.finish === 'shift' && !direct;
  const restore: Stage[] = [
    ...(carried
      ? [
          {
            kind: 'canary-takes-all',
            name: 'canary carries',
            weight: 100,
            replicaPercent: 100,
            image: 'any',
            forMs: plan.settleMs,
          } as const,
        ]
      : []),
    {
      kind: 'restore',
      name: 'put stable back',
      weight: 'keep',
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
    ...unpin(plan),
    REMOVE,
  ];
}
