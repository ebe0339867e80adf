import type { Plan } from '../plan.ts';
import type { PromotionRecord } from '../record.ts';
import type { Stage } from '../stage.ts';
import { hasTasks, tasksToUndo, undoOf } from './tasks.ts';

const STILL = { weight: 'keep', replicaPercent: 'keep', forMs: 0 } as const;

/** The Jobs before the release. Nothing of it exists yet. */
export function beforeStages({ hooks }: Plan): Stage[] {
  return !hooks?.before.length ? [] : [{ kind: 'before', name: 'before', image: 'from', ...STILL }];
}

/**
 * The Jobs after stable was updated, and before the canary goes, which carries the users if the release has to be taken back.
 *
 * @param update the stage that updated stable. It comes again, because a Job may take long, and the users go to stable next
 * @param again its name then
 */
export function afterStages({ hooks }: Plan, update?: Stage, again = 'stable is ready'): Stage[] {
  if (!hooks?.after.length) return [];
  return [
    { kind: 'after', name: 'after', image: 'to', ...STILL },
    ...(update ? [{ ...update, name: again, forMs: 0 }] : []),
  ];
}

/** The last stage of the way back: the users are on stable, and the canary is gone. */
export function undoStages(record: PromotionRecord): Stage[] {
  if (!hasTasks(record.plan)) return [];
  const undoes = tasksToUndo(record).some((task) => undoOf(record.plan, task) !== undefined);
  return [{ kind: 'undo', name: undoes ? 'undo' : 'remove the Jobs', image: 'any', ...STILL }];
}
