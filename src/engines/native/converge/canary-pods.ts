import type { PromotionEvent } from '../../../events.ts';
import type { TrafficSplit } from '../../../traffic/split.ts';
import type { Moment, Situation } from '../observe/situation.ts';
import { type Plan, splitOf } from '../plan/plan.ts';
import { type Decision, written } from './decision.ts';

/**
 * Whether the stage has entries for the canary in the routes. With a router that needs the canary's pods, an entry at weight 0 is a risk
 * without a use.
 */
export function wantsEntries({ stage, router }: Pick<Situation, 'stage' | 'router'>): boolean {
  return router.needsCanaryPods === undefined || stage.weight !== 0;
}

/** A Service of the canary that has no ready pod, if the router needs one; undefined if all is well. */
export function serviceWithoutPods({
  record,
  snapshot,
  router,
}: Pick<Moment, 'record' | 'snapshot' | 'router'>): string | undefined {
  if (router.needsCanaryPods === undefined) return undefined;
  return record.plan.services.find(({ canary }) => (snapshot.ready[canary] ?? 0) === 0)?.canary;
}

/** Whether the users' routes have anything of the canary. */
export function hasEntries({ record, snapshot, router }: Moment): boolean {
  return router.restore(usersSplit(record.plan), snapshot.routes).length > 0;
}

/** What the users come by: a preview that has no pod costs testers alone their answers. */
function usersSplit(plan: Plan): TrafficSplit {
  const { preview: _, ...users } = splitOf(plan);
  return users;
}

/**
 * Takes the canary's entries out of the routes if it has no ready pod and the router needs one: at once, in every stage, because each
 * moment more costs the users of stable their answers.
 */
export function withdraw(moment: Moment): Decision | undefined {
  const { record, snapshot, router } = moment;
  const service = serviceWithoutPods(moment);
  if (service === undefined) return undefined;
  const writes = router.restore(usersSplit(record.plan), snapshot.routes);
  if (writes.length === 0) return undefined;
  const message = `Service/${service} has no ready pod, so its entry goes out of the routes. ${router.needsCanaryPods}`;
  const events: PromotionEvent[] = [
    { type: 'warning', message },
    ...writes.map((write) => written(write, '')),
  ];
  return { do: 'write', writes, events };
}
