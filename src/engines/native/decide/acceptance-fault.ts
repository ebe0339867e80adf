import { formatDuration } from '../../../duration.ts';
import { isAwaited } from '../converge/acceptance.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';
import { deadline } from './readiness-fault.ts';

/**
 * The controllers of the routes do not do what was written. While the canary has users, a rejected route may answer them with errors, so
 * that it comes down at once. At weight 0 nobody is hurt, and the controller may not have seen the canary's Service yet.
 */
export function acceptanceFault(situation: Situation): Fault | undefined {
  const { record, snapshot, router, now } = situation;
  const split = splitOf(record.plan);
  const acceptance = router.acceptance?.(split, snapshot.routes);
  if (!acceptance || acceptance.state === 'accepted' || !isAwaited(situation)) return undefined;
  const isLate = now >= deadline(situation, snapshot.canary);
  if (acceptance.state === 'rejected' && (isLate || router.weight(split, snapshot.routes) > 0)) {
    return { answer: 'down', reason: `The split is not in force: ${acceptance.message}.`, hints: [] };
  }
  if (!isLate) return undefined;
  const late = formatDuration(record.plan.timeoutMs);
  return {
    answer: 'down',
    reason: `The split was not confirmed within ${late}. It waited for ${acceptance.message}.`,
    hints: ['Is the controller of the Gateway running?'],
  };
}
