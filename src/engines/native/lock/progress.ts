import type { Lease } from 'kubernetes-types/coordination/v1';
import { holderName } from '../../../cluster/holder.ts';
import type { PastStage, Progress } from '../../../progress.ts';
import { beganAt, type PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import { stageEvents } from '../plan/stage-events.ts';
import { stagesOf } from '../plan/stages.ts';
import { COUNTS, decodeCounts } from './counts.ts';

/** What a Lease says of the promotion in its record. Pure. */
export function progressIn(
  { metadata, spec }: Lease,
  record: PromotionRecord,
  holder: string | undefined,
): Progress {
  const { plan, id, by, startedAt, direction, since, reason } = record;
  const stages = stagesOf(record);
  const stage = stages[record.stage];
  const weight = weightOf(stages, record.stage);
  const counted = decodeCounts(metadata?.annotations?.[COUNTS], record);
  const endsAt = stage && endOf(record, stage);
  const [{ checks = undefined } = {}] = stageEvents(record);
  return {
    state: record.held ? 'held' : direction === 'up' ? 'promoting' : 'going back',
    id,
    from: plan.from,
    to: plan.to,
    by,
    startedAt,
    stage: stage?.name ?? 'the end',
    number: Math.min(record.stage + 1, stages.length),
    stages: stages.map(({ name }) => name),
    ...(checks === undefined ? {} : { checks }),
    ...(weight === undefined ? {} : { weight }),
    ...(plan.strategy === 'rolling' ? { weightOf: 'pods' } : {}),
    since,
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(reason === undefined ? {} : { reason }),
    ...(holder === undefined ? {} : { holder: holderName(holder) }),
    ...(holder === undefined ? {} : { renewed: renewalOf(spec) }),
    watchers: record.watched?.by ?? [],
    ...(counted === undefined ? {} : { counted }),
    way: wayOf(record),
  };
}

function wayOf(record: PromotionRecord): PastStage[] {
  return (record.way ?? []).map(({ direction, stage, since, measured = [] }) => {
    const stages = stagesOf({ ...record, direction });
    const weight = weightOf(stages, stage);
    return {
      name: stages[stage]?.name ?? 'the end',
      direction,
      number: stage + 1,
      count: stages.length,
      ...(weight === undefined ? {} : { weight }),
      since,
      measured,
    };
  });
}

function renewalOf(spec: Lease['spec']): { at: string; forMs: number } {
  return { at: String(spec?.renewTime ?? ''), forMs: (spec?.leaseDurationSeconds ?? 15) * 1000 };
}

/** The weight that a stage sets, or the one that it keeps. */
function weightOf(stages: readonly Stage[], index: number): number | undefined {
  const set = stages.slice(0, index + 1).findLast(({ weight }) => weight !== 'keep')?.weight;
  return set === 'lower' ? 0 : set === 'keep' ? undefined : set;
}

function endOf(record: PromotionRecord, stage: Stage): number | undefined {
  const began = beganAt(record, stage);
  return record.held || stage.forMs === 0 || began === undefined ? undefined : began + stage.forMs;
}
