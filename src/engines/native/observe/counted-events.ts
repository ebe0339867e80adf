import type { Assessment } from '../../../analysis/assessment.ts';
import type { CountedEvent } from '../../../events.ts';
import type { ComparisonResult } from '../../../measurements.ts';
import type { Stage } from '../plan/stage.ts';
import { stagesOf } from '../plan/stages.ts';
import type { Moment } from './situation.ts';

/** What of a moment has counts; a rolling update has it too. */
export type CountedMoment = Pick<Moment, 'record' | 'now'> & {
  snapshot: Pick<Moment['snapshot'], 'assessment'>;
};

/** The shortest time between two events: a page has no use for more. */
const INTERVAL_MS = 1_000;

/** Returns a function that reports the counts of the current stage, if users are on the canary, or copies of their requests, and it is time. */
export function countedReporter(): (moment: CountedMoment) => CountedEvent[] {
  let last = Number.NEGATIVE_INFINITY;
  return (moment) => {
    if (moment.now - last < INTERVAL_MS) return [];
    const events = countedEvents(moment);
    if (events.length > 0) last = moment.now;
    return events;
  };
}

/** The counts at this moment; empty if nothing was counted. Pure. */
function countedEvents({ record, snapshot: { assessment } }: CountedMoment): CountedEvent[] {
  const stage = stagesOf(record)[record.stage];
  const weight = stage?.weight;
  if (!stage || record.direction !== 'up' || typeof weight !== 'number') return [];
  const isMirror = stage.kind === 'mirror';
  if (!assessment || (weight === 0 && !isMirror)) return [];
  const comparisons = countedIn(stage, assessment);
  if (comparisons.length === 0) return [];
  const { verdict, canary, total } = assessment.trafficShare;
  return [
    {
      type: 'counted',
      stage: stage.name,
      weight,
      // copies have no share of the users
      ...(verdict === 'unknown' || isMirror ? {} : { share: { canary, total } }),
      comparisons,
    },
  ];
}

/** What was counted in the stage. Of several sources, some do not count copies. */
export function countedIn(
  { kind }: Pick<Stage, 'kind'>,
  { comparisons }: Assessment,
): readonly ComparisonResult[] {
  return kind === 'mirror' ? comparisons.filter(({ canary }) => canary.requests > 0) : comparisons;
}
