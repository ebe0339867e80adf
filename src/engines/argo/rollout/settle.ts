import type { PromotionEvent } from '../../../events.ts';
import type { EngineContext } from '../../shared/context.ts';
import { BLIND_FACTOR } from '../../shared/timing.ts';

/**
 * Waits until the router has followed a change, before pods end that users were on. Nothing shows here where the
 * router sends the users, so the wait is longer than its time: ingress-nginx was once more than 4 s late in the
 * lab, and 5 requests met pods that had ended.
 *
 * @param settleMs the setting `settle`
 */
export async function* settle(
  settleMs: number,
  { clock, cancelled }: EngineContext,
): AsyncGenerator<PromotionEvent, void> {
  const ms = BLIND_FACTOR * settleMs;
  yield { type: 'holding', reason: 'settle', stage: '', ms };
  await clock.sleep(ms, cancelled);
}
