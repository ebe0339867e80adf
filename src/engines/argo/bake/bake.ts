import type { Mirror } from '../../../cluster/mirror.ts';
import type { PromotionEvent } from '../../../events.ts';
import { FOLLOWS_WITHIN_MS } from '../../../traffic/nginx/router.ts';
import { troublesOf } from '../../../workload/trouble.ts';
import type { EngineContext } from '../../shared/context.ts';
import { carries, type Snapshot, takeSnapshot, templateOf } from '../rollout/snapshot.ts';
import { hashOf } from '../rollout/types.ts';
import type { Plan } from '../run-state.ts';
import { measuredEvent, type OwnChecks, type OwnSeen } from '../watch/own-checks.ts';
import type { RequestsSeen } from '../watch/requests.ts';

/** How a bake ends. */
export type BakeEnd =
  | { kind: 'good' }
  | { kind: 'bad'; reason: string }
  | { kind: 'cancelled' }
  /** Another client has changed the template: what follows is the matter of that release. */
  | { kind: 'superseded' };

/**
 * Judges a release that is stable and Healthy, and serves all users: until the judge could tell a bad one, or
 * until the time is over.
 */
export async function* bake(
  plan: Plan,
  bakeMs: number,
  mirror: Mirror,
  { clock, cancelled }: EngineContext,
  own: OwnChecks,
): AsyncGenerator<PromotionEvent, BakeEnd> {
  const begun = clock.monotonic();
  let isReported = false;
  for (;;) {
    const seen = takeSnapshot(mirror, plan.rollout);
    if (!carries(templateOf(seen), plan.images)) return { kind: 'superseded' };
    own.look(seen);
    const measured = own.seen();
    const fault = podFault(seen, plan) ?? measured.bad;
    const ms = clock.monotonic() - begun;
    if (fault !== undefined || cancelled.aborted || isOver(measured, ms, bakeMs)) {
      if (isReported) yield* report(measured, fault === undefined && !cancelled.aborted);
      if (fault !== undefined) return { kind: 'bad', reason: fault };
      return { kind: cancelled.aborted ? 'cancelled' : 'good' };
    }
    if (!isReported) yield { type: 'holding', reason: 'bake', stage: '', ms: bakeMs };
    isReported = true;
    const measuring = new AbortController();
    await own.next(AbortSignal.any([cancelled, measuring.signal]));
    measuring.abort();
  }
}

/**
 * Whether the release has been judged long enough. A step that could tell a bad release is enough. Pure.
 */
export function isOver(
  { isStepConclusive, isCounting, hasUsers, baked }: RequestsSeen,
  ms: number,
  bakeMs: number,
): boolean {
  if (ms >= bakeMs) return true;
  // without users there is nobody to judge by
  if (!isCounting || !hasUsers || isStepConclusive) return true;
  return ms >= FOLLOWS_WITHIN_MS && isConclusive(baked);
}

function isConclusive(baked: RequestsSeen['baked']): boolean {
  return baked.length > 0 && baked.every(({ conclusive }) => conclusive);
}

/** A pod of the release that does not run, for a reason that does not pass. */
function podFault({ pods, rollout }: Snapshot, plan: Plan): string | undefined {
  const hash = rollout?.status?.stableRS;
  const trouble = troublesOf(pods.filter((pod) => hashOf(pod) === hash)).find(
    ({ weight }) => weight === 'fatal',
  );
  return trouble && `${trouble.reason} in ${trouble.pod} of ${plan.image}: ${trouble.message}`;
}

function* report(seen: OwnSeen, isGood: boolean): Generator<PromotionEvent> {
  const event = measuredEvent({ ...seen, comparisons: seen.baked });
  if (event) yield event;
  if (!isGood || isConclusive(seen.baked)) return;
  const message = `The time of \`bake\` is over, and a bad release might not have been noticed: ${seen.blind ?? 'there were too few requests'}. Look at the release; a longer \`bake\` waits for more requests.`;
  yield { type: 'warning', message };
}
