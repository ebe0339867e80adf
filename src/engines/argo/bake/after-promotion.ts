import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Mirror } from '../../../cluster/mirror.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { EngineContext } from '../../shared/context.ts';
import { cancelledInBake } from '../outcomes.ts';
import type { RolloutSpec } from '../plan.ts';
import { carries } from '../rollout/snapshot.ts';
import type { Plan } from '../run-state.ts';
import type { OwnChecks } from '../watch/own-checks.ts';
import { bake } from './bake.ts';
import { revert } from './revert.ts';

const SUPERSEDED = 'Another person or tool replaced the template while it was still judged.';
const CANCELLED = 'The step was cancelled (SIGTERM) before the release was judged to its end.';

/**
 * Judges a release that is stable by now, and brings the one before it back if it is bad.
 *
 * @param promoted the outcome so far
 */
export async function* afterPromotion(
  promoted: Outcome,
  { spec, plan, before }: { spec: RolloutSpec; plan: Plan; before: PodTemplateSpec | undefined },
  mirror: Mirror,
  deps: EngineContext,
  own: OwnChecks,
): AsyncGenerator<PromotionEvent, Outcome> {
  // a first release, or one that was stable when this run began, has nothing to go back to
  if (before === undefined || carries(before, plan.images)) return promoted;
  const since = deps.clock.monotonic();
  const end = yield* bake(plan, spec.bakeMs, mirror, deps, own);
  switch (end.kind) {
    case 'good':
      return promoted;
    case 'superseded':
      return { ...promoted, reason: `${promoted.reason} ${SUPERSEDED}` };
    case 'bad':
      return yield* revert(plan, before, { reason: end.reason, since }, mirror, deps);
    case 'cancelled':
      return deps.onCancel === 'keep'
        ? cancelledInBake(plan)
        : yield* revert(plan, before, { reason: CANCELLED, since }, mirror, deps);
  }
}
