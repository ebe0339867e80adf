import { checkAccess } from '../../cluster/access.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { EngineContext } from '../shared/context.ts';
import { runLoop } from './loop.ts';
import { show, subjectOfOutcome } from './outcomes.ts';
import { TO_ABORT } from './rights.ts';
import { isBack, isObserved, isStable } from './rollout/observed.ts';
import {
  containersOf,
  imagesOf,
  type Snapshot,
  setOf,
  takeSnapshot,
  templateOf,
} from './rollout/snapshot.ts';
import { mirrorOf, wantedNow } from './rollout/template.ts';
import type { Plan, RunState } from './run-state.ts';

/** The Rollout to abort, and who aborts it. */
export interface AbortSpec {
  rollout: string;
  namespace: string;
  timeoutMs: number;
  by: string;
}

/** Aborts the release in progress, and waits until production is on the stable ReplicaSet again. */
export async function* abort(spec: AbortSpec, deps: EngineContext): AsyncGenerator<PromotionEvent, Outcome> {
  const mirror = await mirrorOf(deps.cluster, spec.rollout, deps.clock);
  try {
    const seen = takeSnapshot(mirror, spec.rollout);
    const plan = planUnderWay(spec, seen);
    const wanted = wantedNow(seen, plan.images);
    const already = isBack(seen) ? 'is aborted already' : 'has no release in progress';
    if (isObserved(seen, wanted) && (isBack(seen) || (seen.rollout && isStable(seen.rollout)))) {
      const reason = `Rollout/${spec.rollout} ${already}: nothing was done.`;
      const subject = subjectOfOutcome(plan);
      return { ...subject, kind: 'aborted', requested: true, reason, hints: [show(plan)], image: plan.image };
    }
    await checkAccess(deps.cluster, TO_ABORT);
    const reason = `Aborted by ${spec.by}.`;
    yield { type: 'down', reason };
    const state: RunState = {
      wanted,
      direction: 'down',
      reason,
      requested: true,
      found: true,
      aborts: 0,
      since: {},
    };
    return yield* runLoop(plan, state, mirror, deps);
  } finally {
    mirror.stop();
  }
}

/**
 * Plans the abort of the release in progress. `image` and `from` show the containers whose images differ from
 * stable.
 */
export function planUnderWay(spec: AbortSpec, seen: Snapshot): Plan {
  const stable = setOf(seen, seen.rollout?.status?.stableRS)?.spec?.template;
  const template = templateOf(seen);
  const all = containersOf(template);
  const old = containersOf(stable);
  const changed = all.filter(
    ({ name, image }) => !old.some((each) => each.name === name && each.image === image),
  );
  const names = (changed.length > 0 ? changed : all).map(({ name }) => name);
  return {
    ...spec,
    images: Object.fromEntries(all.map(({ name, image = '' }) => [name, image])),
    image: imagesOf(template, names),
    from: imagesOf(stable, names),
    until: 'healthy',
    promoteFull: false,
  };
}
