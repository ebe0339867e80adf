import type { Admin } from './admin/client.ts';
import type { Wait } from './follow/following.ts';
import type { ClusterView } from './forecast/cluster-view.ts';
import type { Forecast } from './forecast/forecast.ts';
import type { Survey } from './forecast/survey.ts';
import type { WatchOptions } from './watch/update-watch.ts';
import type { KeelRequest } from './webhook/requests.ts';

export interface OutcomeOptions {
  /** Undefined: wait for everything that the step can see. */
  readonly wait: Wait | undefined;
  readonly timeoutMs: number;
  readonly approve: boolean;
  readonly voter: string;
  readonly onCancel: 'abort' | 'keep';
  readonly adminOf: (request: KeelRequest) => Admin | undefined;
  readonly cluster: ClusterView | undefined;
  /** How an update is watched, if the step follows it in the cluster. */
  readonly watch: WatchOptions;
}

/** One address, with the state of the Keel there. */
export interface Target {
  readonly request: KeelRequest;
  readonly host: string;
  readonly admin: Admin | undefined;
  readonly survey: Survey | undefined;
  readonly forecasts: readonly Forecast[];
}
