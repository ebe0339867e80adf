import type { Watch } from '../observe/analysis/analysis.ts';
import type { Moment } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';
import { stagesOf } from '../plan/stages.ts';
import { missingOfMirror } from './without-users/mirror.ts';

/** Reports the canary's weight to the measurements. */
export function followStage(watch: Watch, moment: Moment): void {
  const { record, snapshot, router } = moment;
  const stage = stagesOf(record)[record.stage];
  const { strategy } = record.plan;
  if (strategy === 'experiment' && stage?.kind === 'test' && record.reachedAt !== undefined) watch.begin();
  const weight = stage?.weight;
  if (record.direction !== 'up' || typeof weight !== 'number') return;
  if (stage?.kind === 'mirror') followMirror(watch, moment);
  if (weight === 0) return;
  const split = splitOf(record.plan);
  if (router.missing(split, snapshot.routes).length > 0) return;
  if (router.lowerWeight(split, snapshot.routes, weight).length > 0) return;
  watch.enter(record.stage, weight, stage?.kind !== 'first-contact');
}

/** Reports the copies to the measurements, once they are made. The checks of the user wait for the users. */
function followMirror(watch: Watch, moment: Moment): void {
  const { record, router, snapshot } = moment;
  const isMade = missingOfMirror(record.plan, router, snapshot.routes).length === 0;
  if (record.reachedAt === undefined || !isMade) return;
  watch.copy(record.stage, record.plan.mirror?.percent ?? 0);
}
