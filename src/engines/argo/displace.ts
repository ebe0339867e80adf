import type { Mirror } from '../../cluster/mirror.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { EngineContext } from '../shared/context.ts';
import { type AbortSpec, planUnderWay } from './abort.ts';
import { runLoop } from './loop.ts';
import { settle } from './rollout/settle.ts';
import { imagesOf, type Snapshot, setOf, takeSnapshot } from './rollout/snapshot.ts';
import { wantedNow } from './rollout/template.ts';
import type { Plan, RunState } from './run-state.ts';

/** A release that has users and is not the stable one. */
export interface OtherCanary {
  image: string;
  /** Percentage of the users. */
  weight: number;
}

/**
 * The canary of another release; undefined if it has no users, or if no router controls its share of them.
 */
export function otherCanary(seen: Snapshot, { images }: Plan): OtherCanary | undefined {
  const { status } = seen.rollout ?? {};
  const weight = status?.canary?.weights?.canary?.weight ?? 0;
  if (weight === 0 || status?.currentPodHash === status?.stableRS) return undefined;
  const template = setOf(seen, status?.currentPodHash)?.spec?.template;
  return { image: imagesOf(template, Object.keys(images)), weight };
}

export function abortedFirst({ image, weight }: OtherCanary): string {
  return `${weight} % of the users are on ${image}. This step aborts it first, because a new template makes the controller end its pods before the router follows.`;
}

/**
 * Aborts the canary of another release, and waits until the router sends its users to stable. An abort keeps
 * the pods for `abortScaleDownDelaySeconds`; a new template does not (seen with v1.9.2: at 150 requests/s and
 * a weight of 30 %, 200 requests failed).
 *
 * @returns the outcome of the step if it must not continue; nothing of the new release was written then
 */
export async function* displace(
  spec: AbortSpec & { image: string; settleMs: number },
  other: OtherCanary,
  mirror: Mirror,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome | undefined> {
  const seen = takeSnapshot(mirror, spec.rollout);
  const plan = planUnderWay(spec, seen);
  const reason = abortedFirst(other);
  yield { type: 'down', reason };
  const wanted = wantedNow(seen, plan.images);
  const state: RunState = {
    wanted,
    direction: 'down',
    reason,
    displacedBy: spec.image,
    found: true,
    aborts: 0,
    since: {},
  };
  const ended = yield* runLoop(plan, state, mirror, deps);
  // the other release may have become the stable one, or another writer has replaced it
  if (ended.kind === 'stuck' && otherCanary(takeSnapshot(mirror, spec.rollout), plan)) return ended;
  yield* settle(spec.settleMs, deps);
  if (!deps.cancelled.aborted) return undefined;
  return { ...ended, reason: `The step was cancelled before it set ${spec.image}.\n${ended.reason}` };
}
