import type { PromotionEvent } from '../../events.ts';
import { RETRY_INTERVAL_MS } from '../shared/timing.ts';
import { act, recordOf } from './act.ts';
import type { Decision } from './converge/decision.ts';
import { followStage } from './converge/follow-stage.ts';
import { delayServiceDeletion } from './converge/outage.ts';
import { isDenial, isPassing, isRefusal } from './converge/write-errors.ts';
import { decide } from './decide/decide.ts';
import { lockLost } from './decide/lock-lost.ts';
import { cannotGoDown, type End, kept, outOfReach } from './decide/outcomes.ts';
import { ownStep } from './decide/waits.ts';
import { encodeCounts } from './lock/counts.ts';
import type { Lock } from './lock/lock.ts';
import { abortRequest, type Deps, type LoopState, leaseIn, startLoop } from './loop-state.ts';
import { findCheckJobs } from './observe/check-jobs.ts';
import { findHookJobs } from './observe/hooks.ts';
import { findRollingPods } from './observe/rolling-pods.ts';
import type { Moment } from './observe/situation.ts';
import { takeSnapshot } from './observe/snapshot.ts';
import { newTroubleEvents } from './observe/troubles.ts';
import type { AbortRequest, PromotionRecord } from './plan/record.ts';
import { cannotRollBack } from './rolling/outcomes.ts';

const UNREACHABLE =
  'The API server has been unreachable for as long as the lease lasts. This step does nothing until it knows that no other run has taken the lock.';

/** A wait that is over sooner is not reported. */
const REPORT_AFTER_MS = 2_000;

/**
 * Observes, decides and acts until the decision is the end. The record is in the lock. Events report what was
 * done, after it was done. The caller releases the lock, with the record that this returns.
 *
 * @param endReason rolls the promotion back from the start, for this reason
 */
export async function* runLoop(
  lock: Lock,
  deps: Deps,
  endReason?: string,
): AsyncGenerator<PromotionEvent, End> {
  const state = await startLoop(lock, deps, endReason);
  try {
    for (;;) {
      const end = yield* turn(state);
      if (end) return end;
    }
  } finally {
    state.watch?.stop();
    state.rolling?.stop();
    state.mirror.stop();
  }
}

/** One turn: observe, decide, act or wait. @returns the end, if it has come */
async function* turn(state: LoopState): AsyncGenerator<PromotionEvent, End | undefined> {
  const { lock, deps, mirror } = state;
  const { cluster, cancelled } = deps;
  const record = recordOf(lock);
  if (lock.lost.aborted) return await lockLost(record.plan, cluster);
  if (!lock.holds()) return yield* waitForLock(state, record);
  if (state.awaySince !== undefined) yield { type: 'note', message: 'Still holding the lock; continuing.' };
  state.awaySince = undefined;
  if (cancelled.aborted && deps.onCancel === 'keep' && state.endReason === undefined) return kept(record);
  const version = mirror.version();
  const request = abortRequest(state, record);
  const decision = state.rolling
    ? yield* state.rolling.decide(record, request)
    : yield* decideNext(state, record, request);
  if (decision.do === 'end') return decision;
  if (decision.do === 'wait') {
    yield* wait(state, decision, version, request !== undefined);
    return undefined;
  }
  state.wait = undefined;
  return yield* carryOut(state, decision);
}

/** Observes and decides, for a strategy that makes a copy. */
async function* decideNext(
  state: LoopState,
  record: PromotionRecord,
  request: AbortRequest | undefined,
): AsyncGenerator<PromotionEvent, Decision> {
  const { router, deps } = state;
  const { outage } = deps.cluster;
  const moment = yield* observe(state, record, request);
  const delayMs = router.delaysServiceDeletion ? outage.restlessUntil() - deps.clock.monotonic() : 0;
  return delayServiceDeletion(decide(moment), delayMs);
}

/** The lock cannot be renewed: does nothing until it can, or until the timeout. */
async function* waitForLock(
  state: LoopState,
  record: PromotionRecord,
): AsyncGenerator<PromotionEvent, End | undefined> {
  const { lock, deps } = state;
  if (state.awaySince === undefined) yield { type: 'warning', message: UNREACHABLE };
  state.awaySince ??= deps.clock.monotonic();
  if (deps.clock.monotonic() - state.awaySince >= record.plan.timeoutMs) {
    return outOfReach(record, deps.cluster.server, state.lastError);
  }
  await deps.clock.sleep(RETRY_INTERVAL_MS, lock.lost);
  return undefined;
}

/** Observes the cluster and the measurements. */
async function* observe(
  state: LoopState,
  record: PromotionRecord,
  request: AbortRequest | undefined,
): AsyncGenerator<PromotionEvent, Moment> {
  const { lock, deps, mirror, router, watch, jobLogs } = state;
  const { cluster, clock, cancelled } = deps;
  const seen = takeSnapshot(mirror, record.plan, router, request);
  if (watch) {
    yield* watch.newWarnings();
    followStage(watch, { record, snapshot: seen, now: clock.now(), router });
  }
  const [jobs, hooks] = jobLogs
    ? await Promise.all([
        jobLogs.withLines(findCheckJobs(mirror, record), cancelled),
        jobLogs.withLines(findHookJobs(mirror, record), cancelled),
      ])
    : [[], []];
  const assessment = watch?.assessment();
  const snapshot = {
    ...seen,
    rolling: state.takesOut ? findRollingPods(mirror, record.plan) : undefined,
    jobs,
    hooks,
    undone: leaseIn(mirror)?.undone,
    assessment,
    neighbours: await state.neighboursOf({ assessment }),
    recentCanary: watch?.recentCanary(),
  };
  yield* newTroubleEvents(snapshot, cluster, state.reportedTroubles, cancelled);
  const moment = { record, snapshot, now: clock.now(), router };
  watch?.follow(ownStep(moment));
  for (const event of state.countedEvents(moment)) {
    lock.note(encodeCounts(record, event, moment.now));
    yield event;
  }
  return moment;
}

/**
 * Waits for a change, a measurement, or the time of the decision. Reports a wait that is not over at once.
 */
async function* wait(
  state: LoopState,
  { event, ms }: Extract<Decision, { do: 'wait' }>,
  version: number,
  isEnding: boolean,
): AsyncGenerator<PromotionEvent, void> {
  const { lock, deps, mirror } = state;
  const watch = state.rolling ?? state.watch;
  const now = deps.clock.monotonic();
  state.wait ??= { since: now, reported: '' };
  const isShort = event.type === 'waiting' && now - state.wait.since < REPORT_AFTER_MS;
  // where requests are counted late, the end of a wait moves with each look
  const key = JSON.stringify(event, (name, value) => (name === 'endsAt' ? undefined : value));
  if (key !== state.wait.reported && !isShort) {
    yield event;
    state.wait.reported = key;
  }
  const ended = AbortSignal.any([lock.holding(), ...(isEnding ? [] : [deps.cancelled])]);
  const measuring = new AbortController();
  await Promise.race([
    mirror.changed(isShort ? Math.min(ms, REPORT_AFTER_MS) : ms, ended, version),
    ...(watch ? [watch.next(measuring.signal)] : []),
  ]);
  measuring.abort();
}

/** Acts. Tries again after an error that may pass; rolls the promotion back if the write breaks a rule. */
async function* carryOut(
  state: LoopState,
  decision: Extract<Decision, { do: 'record' | 'write' }>,
): AsyncGenerator<PromotionEvent, End | undefined> {
  const { lock, deps, mirror, router } = state;
  const record = recordOf(lock);
  try {
    yield* act(decision, lock, mirror, deps.cluster);
    state.deniedSince = undefined;
    state.lastError = '';
  } catch (error) {
    if (lock.lost.aborted || !lock.holds()) return undefined;
    const now = deps.clock.monotonic();
    if (!isPassing(error, state.deniedSince, now)) {
      if (!isRefusal(error)) throw error;
      if (recordOf(lock).direction === 'down')
        return state.rolling ? cannotRollBack(record, error) : cannotGoDown(record, router, error);
      state.endReason = `The API server refused a write: ${error.message}`;
      return undefined;
    }
    if (isDenial(error)) state.deniedSince ??= now;
    if (error.message !== state.lastError)
      yield { type: 'warning', message: `${error.message} Trying again.` };
    state.lastError = error.message;
    await deps.clock.sleep(RETRY_INTERVAL_MS, lock.lost);
  }
  return undefined;
}
