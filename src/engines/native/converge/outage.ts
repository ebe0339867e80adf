import * as kinds from '../../../cluster/resource.ts';
import { objectOf } from '../../../cluster/write.ts';
import type { Decision } from './decision.ts';

/**
 * Delays the deletion of a Service while ingress-nginx may not follow the API server again after an outage.
 * If it learns of the deletion by a list, versions from before the autumn of 2025 panic, and no user reaches
 * any Service (kubernetes/ingress-nginx#10015, seen with 1.11 after an outage of 12 s). Pure.
 *
 * @param ms how much longer it may not follow
 */
export function delayServiceDeletion(decision: Decision, ms: number): Decision {
  if (ms <= 0 || decision.do !== 'write') return decision;
  const removed = decision.writes.find(
    ({ verb, resource }) => verb === 'delete' && resource.plural === kinds.services.plural,
  );
  if (!removed) return decision;
  const message = `the cluster’s controllers to follow the API server again, before ${objectOf(removed)} is deleted`;
  return { do: 'wait', event: { type: 'waiting', for: message }, ms };
}
