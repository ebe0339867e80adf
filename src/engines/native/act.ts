import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { objectName } from '../../cluster/resource.ts';
import { objectOf } from '../../cluster/write.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Decision } from './converge/decision.ts';
import type { Lock } from './lock/lock.ts';
import type { PromotionRecord } from './plan/record.ts';
import { stageEvents } from './plan/stage-events.ts';

/**
 * Carries out a decision: saves the record, or writes to the cluster in the order of the decision. Stops at
 * the first conflict, because the decision was made on an older state.
 *
 * @throws ApiError, PromoteError any other error of the API server
 */
export async function* act(
  decision: Extract<Decision, { do: 'record' | 'write' }>,
  lock: Lock,
  mirror: Mirror,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, void> {
  if (decision.do === 'record') {
    const before = recordOf(lock);
    await lock.save(decision.record);
    yield* decision.events;
    if (decision.record.stage !== before.stage || decision.record.direction !== before.direction) {
      yield* stageEvents(decision.record);
    }
    return;
  }
  for (const write of decision.writes) {
    if (!lock.holds()) return;
    try {
      const stored = await cluster.write(write, { signal: lock.holding() });
      if (stored) mirror.put(write.resource, stored);
      else await mirror.refresh(write.resource, objectName(write.object));
    } catch (error) {
      if (!isConflict(error)) throw error;
      await mirror.refresh(write.resource, objectName(write.object));
      yield { type: 'conflict', object: objectOf(write), message: error.message };
      return;
    }
  }
  yield* decision.events;
}

/** The record that the lock holds. @throws PromoteError `internal` if it has none */
export function recordOf(lock: Lock): PromotionRecord {
  const record = lock.record();
  if (!record) throw new PromoteError('internal', 'The Lease has lost its record.');
  return record;
}
