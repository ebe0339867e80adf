import * as kinds from '../../../cluster/resource.ts';
import { objectOf } from '../../../cluster/write.ts';
import type { Decision } from './decision.ts';

/**
 * A Service is not removed while ingress-nginx may not follow the API server again: before the autumn of 2025 it ends with a panic where it
 * learns of that by a list, and with it every user's way in (kubernetes/ingress-nginx#10015, seen with 1.11 after an API server that was
 * away for 12 s). Pure.
 *
 * @param ms for how long it may not
 */
export function delayServiceDeletion(decision: Decision, ms: number): Decision {
  if (ms <= 0 || decision.do !== 'write') return decision;
  const removed = decision.writes.find(
    ({ verb, resource }) => verb === 'delete' && resource.plural === kinds.services.plural,
  );
  if (!removed) return decision;
  const message = `the cluster’s controllers to follow the API server again, before ${objectOf(removed)} goes`;
  return { do: 'wait', event: { type: 'waiting', for: message }, ms };
}
