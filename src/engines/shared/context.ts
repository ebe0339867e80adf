import type { AnalysisSettings } from '../../analysis/settings.ts';
import type { Clock } from '../../clock.ts';
import type { Cluster } from '../../cluster/client.ts';

/** What an engine that works on a cluster is given. */
export interface EngineContext {
  cluster: Cluster;
  clock: Clock;
  /** Aborts when the step has to end. */
  cancelled: AbortSignal;
  /** What the engine does then: `abort` takes the release back, `keep` leaves it to its guard or the next run. */
  onCancel: 'abort' | 'keep';
  /** How the release is judged. */
  analysis: AnalysisSettings;
}
