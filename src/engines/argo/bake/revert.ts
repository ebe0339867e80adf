import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import type { Mirror } from '../../../cluster/mirror.ts';
import { formatDuration } from '../../../duration.ts';
import { messageOf } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import type { EngineContext } from '../../shared/context.ts';
import { OLDER_RELEASE } from '../../shared/hints.ts';
import { runLoop } from '../loop.ts';
import { show, subjectOfOutcome } from '../outcomes.ts';
import { containersOf, imagesOf } from '../rollout/snapshot.ts';
import { writeTemplate } from '../rollout/template.ts';
import { newRun, type Plan } from '../run-state.ts';

/**
 * Brings production back to the template that was stable before a release, which is the stable one by now. A
 * full promotion makes the controller skip the steps. As long as it keeps the pods of the release before
 * (`scaleDownDelaySeconds`), that takes no new pods.
 *
 * @param since when the release began to serve all users, by the monotonic clock
 */
export async function* revert(
  plan: Plan,
  before: PodTemplateSpec,
  { reason, since }: { reason: string; since: number },
  mirror: Mirror,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  yield { type: 'down', reason };
  const names = Object.keys(plan.images);
  const images = Object.fromEntries(
    containersOf(before)
      .filter(({ name }) => names.includes(name))
      .map(({ name, image = '' }) => [name, image]),
  );
  const back: Plan = {
    ...plan,
    images,
    image: imagesOf(before, names),
    from: plan.image,
    until: 'healthy',
    promoteFull: true,
  };
  let ended: Outcome;
  try {
    const { wanted, object } = await writeTemplate(deps.cluster, mirror, plan.rollout, images, before);
    const message = `${names.join(', ')} ${plan.image} → ${back.image}`;
    yield { type: 'write', verb: 'update', object, message };
    // a step that is cancelled still brings production back
    const uncancelled = { ...deps, cancelled: new AbortController().signal };
    ended = yield* runLoop(back, newRun(wanted), mirror, uncancelled);
  } catch (error) {
    return notBack(plan, back, reason, messageOf(error));
  }
  if (ended.kind !== 'promoted') return notBack(plan, back, reason, ended.reason);
  const served = formatDuration(Math.round((deps.clock.monotonic() - since) / 100) * 100);
  return {
    ...subjectOfOutcome(plan),
    kind: 'aborted',
    reason: `${reason}\nProduction is on ${back.image}, as it was. All users were on ${plan.image} for ${served}.`,
    hints: [`The Rollout's template has ${back.image} again. Promote a fixed release.`, show(plan)],
    image: plan.image,
    weight: 0,
    reachedWeight: 100,
  };
}

function notBack(plan: Plan, back: Plan, reason: string, why: string): Outcome {
  return {
    ...subjectOfOutcome(plan),
    kind: 'stuck',
    reason: `${reason}\nThe way back to ${back.image} did not complete: ${why}`,
    hints: [OLDER_RELEASE, show(plan)],
    image: plan.image,
  };
}
