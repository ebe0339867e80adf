import type { StageEvent } from '../../../events.ts';
import type { PromotionRecord } from './record.ts';
import { stagesOf } from './stages.ts';

/** The event that the stage of the record begins. Empty after the last stage. */
export function stageEvents(record: PromotionRecord): StageEvent[] {
  const stages = stagesOf(record);
  const stage = stages[record.stage];
  if (!stage) return [];
  const { kind, name, weight, forMs, checks, jobs } = stage;
  // in the order of the user
  const own = jobs ? record.plan.steps[jobs.step - 1]?.checks : checks;
  return [
    {
      type: 'stage',
      index: record.stage,
      count: stages.length,
      kind,
      name,
      ...(typeof weight === 'number' ? { weight } : {}),
      ...(forMs > 0 ? { endsAfterMs: forMs } : {}),
      ...(own ? { checks: own } : {}),
    },
  ];
}
