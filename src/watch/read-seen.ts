import type { Lease } from 'kubernetes-types/coordination/v1';
import { progressOf } from '../engines/argo/rollout/progress.ts';
import type { Rollout } from '../engines/argo/rollout/types.ts';
import { HISTORY, readLease, referenceIn } from '../engines/native/lock/lease.ts';
import { progressIn } from '../engines/native/lock/progress.ts';
import { decodeHistory } from '../engines/native/plan/record.ts';
import { messageOf } from '../errors.ts';
import { settingOf, workloadIn } from '../workload/rolling/kinds.ts';
import type { Seen } from './seen.ts';
import { isShowable, isWellFormed } from './well-formed.ts';

/** What a Lease says of its workload; undefined if it has neither a record nor a history. */
export function seenInLease(lease: Lease): Seen | undefined {
  const { name = '', namespace = '', annotations } = lease.metadata ?? {};
  const history = decodeHistory(annotations?.[HISTORY]).filter(isShowable);
  const seen = { namespace, workload: settingOf(workloadIn(referenceIn(name))), history };
  try {
    const { record, holder } = readLease(lease);
    if (!record) return history.length > 0 ? seen : undefined;
    const now = progressIn(lease, record, holder);
    return isWellFormed(now)
      ? { ...seen, workload: settingOf(record.plan), now }
      : { ...seen, fault: `The record in Lease/${name} is not one of this program; somebody has edited it.` };
  } catch (error) {
    return { ...seen, fault: messageOf(error) };
  }
}

/** What a Rollout says; undefined before it has a stable version, because its first one is not a promotion. */
export function seenInRollout(rollout: Rollout): Seen | undefined {
  const { name = '', namespace = '' } = rollout.metadata ?? {};
  const { stableRS = '' } = rollout.status ?? {};
  if (stableRS === '') return undefined;
  const now = progressOf(rollout);
  const seen = { namespace, workload: `rollout/${name}`, history: [], stable: stableRS };
  return now ? { ...seen, now } : seen;
}
