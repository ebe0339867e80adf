import { imageOf } from '../../../workload/images.ts';
import { POLL_INTERVAL_MS } from '../../shared/timing.ts';
import type { Situation } from '../observe/situation.ts';
import { splitOf } from '../plan/plan.ts';
import { type Decision, waitFor } from './decision.ts';

/**
 * Waits until the controllers of the routes have accepted the last write, if their status says so. On the way to production a fault ends
 * the wait (decide/acceptance-fault.ts). Everywhere else it ends after a while, because a way back must not depend on a controller that
 * may be gone.
 */
export function convergeAcceptance(situation: Situation): Decision | undefined {
  const { record, snapshot, router, now } = situation;
  const split = splitOf(record.plan);
  const acceptance = router.acceptance?.(split, snapshot.routes);
  if (!acceptance || acceptance.state === 'accepted') return undefined;
  if (!isAwaited(situation)) {
    const { confirmsWithinMs } = router.timing(split, snapshot.routes);
    if (acceptance.state === 'rejected' || now >= record.since + confirmsWithinMs) return undefined;
  }
  return waitFor(
    acceptance.state === 'pending' ? acceptance.message : `another answer, because ${acceptance.message}`,
  );
}

/**
 * Gives the proxies time to know a canary that no user has met yet, if its router has no status that says it.
 *
 * @param ownMs another time than that of the router's timing
 */
export function convergeEntries(
  { record, snapshot, router, now }: Situation,
  ownMs?: number,
): Decision | undefined {
  const split = splitOf(record.plan);
  const knowsCanaryWithinMs = ownMs ?? router.timing(split, snapshot.routes).knowsCanaryWithinMs;
  if (knowsCanaryWithinMs === undefined || router.weight(split, snapshot.routes) > 0) return undefined;
  if (record.enteredAt === undefined)
    return { do: 'record', record: { ...record, enteredAt: now }, events: [] };
  const left = record.enteredAt + knowsCanaryWithinMs - now;
  if (left <= 0) return undefined;
  const event = { type: 'waiting', for: 'the proxies to know the canary' } as const;
  return { do: 'wait', ms: Math.min(left, POLL_INTERVAL_MS), event };
}

/** Whether the stage gives users to a canary that could still be taken back. */
export function isAwaited({ record, stage, snapshot: { stable } }: Situation): boolean {
  if (record.direction === 'down' || typeof stage.weight !== 'number') return false;
  return stable === undefined || imageOf(stable, record.plan) !== record.plan.to;
}
