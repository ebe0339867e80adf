import { imageOf } from '../../../workload/images.ts';
import { hasEntries, serviceWithoutPods } from '../converge/canary-pods.ts';
import type { Fault } from '../converge/decision.ts';
import type { Situation } from '../observe/situation.ts';

/**
 * The canary has lost its last ready pod while the routes have an entry for it, and the router fails for all users then. No verdict is
 * waited for. Once stable has the release, the promotion goes forward without the canary.
 */
export function canaryPodsFault(situation: Situation): Fault | undefined {
  const { record, snapshot, router } = situation;
  const { plan } = record;
  const service = serviceWithoutPods(situation);
  const isLeaving = snapshot.stable !== undefined && imageOf(snapshot.stable, plan) === plan.to;
  if (service === undefined || isLeaving || !hasEntries(situation)) return undefined;
  return {
    answer: 'down',
    reason: `Service/${service} has no ready pod any more. ${router.needsCanaryPods}`,
    hints: [
      `Look: kubectl -n ${plan.namespace} get pods -l ${plan.label.key}=${plan.label.canary}`,
      `Why it ended: kubectl -n ${plan.namespace} logs -l ${plan.label.key}=${plan.label.canary} --previous`,
    ],
  };
}
