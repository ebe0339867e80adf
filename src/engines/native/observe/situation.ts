import type { TrafficRouter } from '../../../traffic/router.ts';
import type { Workload } from '../../../workload/rolling/kinds.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import type { Snapshot } from './snapshot.ts';

/** What the loop knows at one moment: the record, and the state of the cluster. */
export interface Moment {
  record: PromotionRecord;
  snapshot: Snapshot;
  /** Milliseconds since the epoch, by the clock that wrote the record's times. */
  now: number;
  /** The router that the plan names. */
  router: TrafficRouter;
}

/** A moment, and the stage that the rules apply to. */
export interface Situation extends Moment {
  /** The stage that the record is at. */
  stage: Stage;
}

/** What the rules about Jobs around a release read of a situation; a rolling update has it too. */
export interface HookSituation extends Pick<Situation, 'record' | 'stage' | 'now'> {
  snapshot: Pick<Snapshot, 'hooks' | 'undone'> & {
    /** The workload, which the Jobs are like, and which owns them. */
    stable: Workload | undefined;
  };
}
