import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { EngineContext } from '../shared/context.ts';
import { POLL_INTERVAL_MS } from '../shared/timing.ts';
import { type Command, patchesOf } from './commands.ts';
import { decide } from './decide.ts';
import { left, subjectOfOutcome } from './outcomes.ts';
import { progressEvents } from './progress.ts';
import { badRuns, withoutRuns } from './rollout/analysis-runs.ts';
import { standsAt } from './rollout/gate.ts';
import { isObserved } from './rollout/observed.ts';
import { type Snapshot, setOf, takeSnapshot } from './rollout/snapshot.ts';
import { type Rollout, rollouts } from './rollout/types.ts';
import type { Plan, RunState } from './run-state.ts';
import { measuredEvent, type OwnChecks } from './watch/own-checks.ts';

/** Maximum time without a connection of a watch. */
const LOST_MS = 300_000;

/**
 * Follows a Rollout to its end: observe, decide, act, and wait for the next change. An error ends as stuck,
 * because the release may be in progress.
 *
 * @param own what this step measures itself, of a release on its way up
 */
export async function* runLoop(
  plan: Plan,
  initial: RunState,
  mirror: Mirror,
  deps: EngineContext,
  own?: OwnChecks,
): AsyncGenerator<PromotionEvent, Outcome> {
  try {
    const outcome = yield* follow(plan, initial, mirror, deps, own);
    const measured = own && measuredEvent(own.seen());
    if (measured) yield measured;
    return { ...subjectOfOutcome(plan), ...outcome };
  } catch (error) {
    return { ...subjectOfOutcome(plan), ...left(plan, messageOf(error)) };
  }
}

async function* follow(
  plan: Plan,
  initial: RunState,
  mirror: Mirror,
  deps: EngineContext,
  own: OwnChecks | undefined,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const alreadyReported = new Set<string>();
  const earlierRuns = badRuns(takeSnapshot(mirror, plan.rollout));
  const never = new AbortController().signal;
  let state = initial;
  let lastWait = '';
  for (;;) {
    const version = mirror.version();
    const bad = own?.seen().bad;
    const current = withoutRuns(takeSnapshot(mirror, plan.rollout), earlierRuns);
    const seen = bad === undefined ? current : { ...current, bad };
    if (cancelled.aborted && state.direction === 'up') {
      if (deps.onCancel === 'keep') return left(plan, 'The step was cancelled (`on_cancel: keep`).');
      state = { ...state, direction: 'down', reason: 'The step was cancelled (SIGTERM).' };
      yield { type: 'down', reason: 'The step was cancelled (SIGTERM).' };
    }
    const decision = decide(seen, state, plan, clock.monotonic());
    // an older status is about the previous release
    if (isObserved(seen, state.wanted)) {
      if (state.direction === 'up' && hasPods(seen)) own?.look(seen);
      yield* progressEvents(seen, cluster, alreadyReported, state.direction === 'up' ? cancelled : never);
    }
    if (decision.state.direction === 'down' && state.direction === 'up') {
      // the other lines are measurements, which are reported already
      yield { type: 'down', reason: decision.state.reason?.split('\n')[0] ?? '' };
    }
    const { found } = state;
    state = decision.state;
    if (decision.do === 'end') return decision.outcome;
    if (decision.do === 'send') {
      if (!seen.rollout) continue;
      // who promotes past a gate or in full is told what was seen until then
      const measured = own && isPromotion(decision.command) && measuredEvent(own.seen());
      if (measured) yield measured;
      const sent = yield* send(decision, seen.rollout, mirror, cluster);
      // the Rollout still waits at the gate that this run found, so the next decision may pass it
      if (!sent && standsAt(takeSnapshot(mirror, plan.rollout).rollout) === standsAt(seen.rollout)) {
        state = { ...state, found };
      }
      continue;
    }
    if (decision.for !== lastWait) yield { type: 'waiting', for: decision.for };
    lastWait = decision.for;
    const lost = mirror.lostSince();
    if (lost !== undefined && clock.monotonic() - lost > LOST_MS) {
      return left(plan, `The API server at ${cluster.server} was unreachable for five minutes.`);
    }
    const isUp = state.direction === 'up';
    const measuring = new AbortController();
    await Promise.race([
      mirror.changed(POLL_INTERVAL_MS, isUp ? cancelled : never, version),
      ...(own && isUp ? [own.next(measuring.signal)] : []),
    ]);
    measuring.abort();
  }
}

function isPromotion(command: Command): boolean {
  return command === 'promote' || command === 'promote-full';
}

/** Whether a new pod is available. */
function hasPods(seen: Snapshot): boolean {
  return (setOf(seen, seen.rollout?.status?.currentPodHash)?.status?.availableReplicas ?? 0) > 0;
}

/**
 * Sends a command. On a write conflict nothing is sent; the caller decides again from the new state.
 *
 * @returns whether the command was sent
 */
async function* send(
  { command, reason, state }: { command: Command; reason: string; state: RunState },
  rollout: Rollout,
  mirror: Mirror,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, boolean> {
  const name = rollout.metadata?.name ?? '';
  const object = `Rollout/${name}`;
  try {
    for (const { body, subresource } of patchesOf(command, rollout, state.displacedBy)) {
      const stored = await cluster.patch(rollouts, name, body, subresource ? { subresource } : {});
      mirror.put(rollouts, stored);
    }
    yield { type: 'write', verb: 'update', object, message: reason ? `${command} (${reason})` : command };
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    yield { type: 'conflict', object, message: command };
    await mirror.refresh(rollouts, name);
    return false;
  }
}
