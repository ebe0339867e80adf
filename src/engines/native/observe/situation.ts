import type { TrafficRouter } from '../../../traffic/router.ts';
import type { PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';
import type { Snapshot } from './snapshot.ts';

/** What the loop knows at one moment: what is intended, and what is there. */
export interface Moment {
  record: PromotionRecord;
  snapshot: Snapshot;
  /** Milliseconds since the epoch, by the clock that wrote the record's times. */
  now: number;
  /** The router that the plan names. */
  router: TrafficRouter;
}

/** All that the rules of one stage are asked about. */
export interface Situation extends Moment {
  /** The stage that the record is at. */
  stage: Stage;
}
