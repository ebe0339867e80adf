import type { AnalysisSettings } from '../../analysis/settings.ts';
import type { Clock } from '../../clock.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { POLL_INTERVAL_MS } from '../shared/timing.ts';
import { measuredEvent, type OwnChecks, startOwnChecks } from './analysis.ts';
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

export interface Deps {
  cluster: Cluster;
  clock: Clock;
  /** Aborts when the step is told to end. */
  cancelled: AbortSignal;
  onCancel: 'abort' | 'keep';
  /** Its checks; the judge of errors is asked beside them, and without them where the Rollout judges nothing itself. */
  checks: AnalysisSettings;
}

/** A watch that has been without connection for so long is waited for no more. */
const LOST_MS = 300_000;

/**
 * Follows a Rollout to its end: looks, decides, acts, and waits for the next change. From here an error leaves something behind: it ends as
 * stuck.
 */
export async function* runLoop(
  plan: Plan,
  begun: RunState,
  mirror: Mirror,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { rollout } = takeSnapshot(mirror, plan.rollout);
  const checks = startOwnChecks(deps.checks, rollout, plan.namespace, deps.cluster, deps.clock);
  try {
    const outcome = yield* follow(plan, begun, mirror, deps, checks);
    const measured = measuredEvent(checks.seen());
    if (measured) yield measured;
    return { ...subjectOfOutcome(plan), ...outcome };
  } catch (error) {
    return { ...subjectOfOutcome(plan), ...left(plan, messageOf(error)) };
  } finally {
    checks.stop();
  }
}

async function* follow(
  plan: Plan,
  begun: RunState,
  mirror: Mirror,
  deps: Deps,
  checks: OwnChecks,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const told = new Set<string>();
  const before = badRuns(takeSnapshot(mirror, plan.rollout));
  const never = new AbortController().signal;
  let course = begun;
  let waitsFor = '';
  for (;;) {
    const version = mirror.version();
    const { bad } = checks.seen();
    const looked = withoutRuns(takeSnapshot(mirror, plan.rollout), before);
    const seen = bad === undefined ? looked : { ...looked, bad };
    if (cancelled.aborted && course.direction === 'up') {
      if (deps.onCancel === 'keep') return left(plan, 'The step was told to end (`on_cancel: keep`).');
      course = { ...course, direction: 'down', reason: 'The step was told to end (SIGTERM).' };
      yield { type: 'down', reason: 'The step was told to end (SIGTERM).' };
    }
    const decision = decide(seen, course, plan, clock.monotonic());
    // before that it speaks of the release before
    if (isObserved(seen, course.wanted)) {
      if (course.direction === 'up' && hasPods(seen)) checks.look(seen);
      yield* progressEvents(seen, cluster, told, course.direction === 'up' ? cancelled : never);
    }
    if (decision.course.direction === 'down' && course.direction === 'up') {
      // what was measured is told already
      yield { type: 'down', reason: decision.course.reason?.split('\n')[0] ?? '' };
    }
    const { found } = course;
    course = decision.course;
    if (decision.do === 'end') return decision.outcome;
    if (decision.do === 'send') {
      if (!seen.rollout) continue;
      const sent = yield* send(decision, seen.rollout, mirror, cluster);
      // what was found there, and still stands, is still to be passed
      if (!sent && standsAt(takeSnapshot(mirror, plan.rollout).rollout) === standsAt(seen.rollout)) {
        course = { ...course, found };
      }
      continue;
    }
    if (decision.for !== waitsFor) yield { type: 'waiting', for: decision.for };
    waitsFor = decision.for;
    const lost = mirror.lostSince();
    if (lost !== undefined && clock.monotonic() - lost > LOST_MS) {
      return left(plan, `The API server at ${cluster.server} has been out of reach for five minutes.`);
    }
    await mirror.changed(POLL_INTERVAL_MS, course.direction === 'up' ? cancelled : never, version);
  }
}

/** Whether there is something to be measured. */
function hasPods(seen: Snapshot): boolean {
  return (setOf(seen, seen.rollout?.status?.currentPodHash)?.status?.availableReplicas ?? 0) > 0;
}

/**
 * Sends a command. Where somebody has written meanwhile, nothing is sent, and it is decided again on what is there then.
 *
 * @returns whether it was sent
 */
async function* send(
  { command, why, course }: { command: Command; why: string; course: RunState },
  rollout: Rollout,
  mirror: Mirror,
  cluster: Cluster,
): AsyncGenerator<PromotionEvent, boolean> {
  const name = rollout.metadata?.name ?? '';
  const object = `Rollout/${name}`;
  try {
    for (const { body, subresource } of patchesOf(command, rollout, course.wayFor)) {
      const stored = await cluster.patch(rollouts, name, body, subresource ? { subresource } : {});
      mirror.put(rollouts, stored);
    }
    yield { type: 'write', verb: 'update', object, message: why ? `${command} (${why})` : command };
    return true;
  } catch (error) {
    if (!isConflict(error)) throw error;
    yield { type: 'conflict', object, message: command };
    await mirror.refresh(rollouts);
    return false;
  }
}
