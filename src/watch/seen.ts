import type { PastOutcome } from '../outcome.ts';
import type { Progress } from '../progress.ts';

/** A workload, its promotion, and its last outcomes, as the cluster says them. */
export interface Seen {
  namespace: string;
  /** As the setting is written: `deployment/web`. */
  workload: string;
  /** Absent if no promotion is in progress. */
  now?: Progress;
  /** Newest first. */
  history: readonly PastOutcome[];
  /** Why the record cannot be read. */
  fault?: string;
  /** Of a Rollout: the id of the promotion whose version is stable. */
  stable?: string;
}

/** What distinguishes a workload from all others. */
export function keyOf({ namespace, workload }: Pick<Seen, 'namespace' | 'workload'>): string {
  return `${namespace} ${workload}`;
}
