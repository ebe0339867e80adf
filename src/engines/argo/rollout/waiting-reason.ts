import { nameIn, runsOf } from './analysis-runs.ts';
import type { Phase } from './phase.ts';
import { isUnderWay, type Snapshot } from './snapshot.ts';

/** Replacements for messages of the controller that do not read well after "waiting for". */
const WAITS: Readonly<Record<string, string>> = {
  'more replicas need to be updated': 'more of the new pods',
  'updated replicas are still becoming available': 'the new pods to be ready',
  'old replicas are pending termination': 'the old pods to end',
  'active service cutover pending': 'the active Service to be switched',
  'rollout is restarting': 'its pods to be restarted',
  'waiting for rollout to unpause': 'the controller to continue',
};

/** What the controller waits for, as a text after "waiting for". Pure. */
export function waitingReason(seen: Snapshot, { name, message }: Phase): string {
  if (name === 'Paused') return 'the end of the pause';
  // a background analysis delays nothing
  const runs = runsOf(seen).filter(
    (run) => isUnderWay(run) && run.metadata?.labels?.['rollout-type'] !== 'Background',
  );
  if (runs.length > 0) return `${runs.map((run) => nameIn(seen, run)).join(', ')} to end`;
  const awaited = message.replace(/^waiting for /, '');
  return WAITS[message] ?? (awaited || 'the new ReplicaSet to be the stable one');
}
