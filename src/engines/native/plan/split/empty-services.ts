import type { ObjectSource } from '../../../../cluster/object-source.ts';
import { waitsForPerson } from '../../../../settings/steps.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import { BLIND_FACTOR } from '../../../shared/timing.ts';
import type { Plan } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

/** The router's own watches may follow each other so late: a pod that is ready for us may not be known to it yet. */
const READY_SECONDS = 2;

/**
 * The times of a plan whose router needs the canary's pods: an entry is made only when a pod is ready for a while, and nothing of the
 * canary goes before the router had time to forget the entry.
 */
export function emptyServiceTiming(
  { drainMs }: Pick<PromotionSpec, 'drainMs'>,
  { router }: { router: TrafficRouter },
): Pick<Plan, 'readySeconds'> & Partial<Pick<Plan, 'drainMs'>> {
  if (router.needsCanaryPods === undefined) return {};
  const { followsWithinMs } = router.timing(NOTHING, NO_OBJECTS);
  return { readySeconds: READY_SECONDS, drainMs: Math.max(drainMs, BLIND_FACTOR * followsWithinMs) };
}

/** A held promotion is watched by nobody, and its canary may end. */
export function heldWarning(plan: Plan, { needsCanaryPods }: TrafficRouter): string[] {
  if (needsCanaryPods === undefined || !plan.steps.some(waitsForPerson)) return [];
  return [
    `While the promotion is held, nothing takes the canary out of the routes if its pods end. ${needsCanaryPods}`,
  ];
}

const NO_OBJECTS: ObjectSource = { all: () => [] };
const NOTHING = { namespace: '', workload: '', services: [], routes: [] };
