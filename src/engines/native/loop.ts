import type { Lease } from 'kubernetes-types/coordination/v1';
import type { AnalysisSettings } from '../../analysis/settings.ts';
import type { Clock } from '../../clock.ts';
import { isConflict } from '../../cluster/api-error.ts';
import type { Cluster } from '../../cluster/client.ts';
import { type Mirror, startMirror } from '../../cluster/mirror.ts';
import * as kinds from '../../cluster/resource.ts';
import { objectOf } from '../../cluster/write.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Router } from '../../traffic/router.ts';
import type { Decision } from './converge/decision.ts';
import { cannotGoDown, type End, kept, lockLost, outOfReach } from './decide/cut-short.ts';
import { decide } from './decide/decide.ts';
import { readLease } from './lock/lease.ts';
import type { Lock } from './lock/lock.ts';
import { startWatch, type Watch } from './observe/analysis.ts';
import { startJobLogs } from './observe/check-job-logs.ts';
import { findCheckJobs } from './observe/check-jobs.ts';
import { interestsOf } from './observe/interests.ts';
import { type Snapshot, takeSnapshot } from './observe/snapshot.ts';
import { newTroubleEvents } from './observe/troubles.ts';
import { delayServiceDeletion } from './outage.ts';
import type { AbortRequest, PromotionRecord } from './plan/record.ts';
import { stagesOf } from './plan/stages.ts';
import { isDenial, isPassing, isRefusal } from './write-errors.ts';

/** What the loop is given. */
export interface Deps {
  cluster: Cluster;
  clock: Clock;
  router: Router;
  /** Aborts when the step is told to end. */
  cancelled: AbortSignal;
  /** What is done then: the promotion is brought down, or left as it is to its guard or the next run. */
  onCancel: 'abort' | 'keep';
  /** How the canary is judged. */
  analysis: AnalysisSettings;
}

const OUT_OF_REACH =
  'The API server has been out of reach for as long as the lock lasts: nothing is done until it is sure that nobody else has taken it.';
const LOOK_AGAIN_MS = 1_000;

/** A wait that is over sooner is nothing to tell. */
const SAY_AFTER_MS = 2_000;

/**
 * Observe, decide, act, again, until the decision is the end. The record is in the lock. Events tell what was done, after it was done.
 * With `endReason` the promotion is brought down from the start, for that reason. The lock stays held: whoever took it gives it back, with the record that this returns.
 */
export async function* runLoop(
  lock: Lock,
  deps: Deps,
  endReason?: string,
): AsyncGenerator<PromotionEvent, End> {
  const { cluster, clock, router } = deps;
  const first = recordOf(lock);
  // a guard, and an abort, need not look at the Jobs of a check: they go with the canary
  const tests =
    endReason === undefined &&
    stagesOf(first)
      .slice(first.stage)
      .some(({ kind }) => kind === 'test');
  const mirror = await startMirror(cluster, interestsOf(first.plan, tests), clock);
  const jobLogs = startJobLogs(cluster, clock);
  const watch =
    first.plan.steps.length > 0
      ? startWatch({ cluster, clock, source: mirror }, first.plan, deps.analysis)
      : undefined;
  const told = new Set<string>();
  let said = '';
  let waitingSince: number | undefined;
  let awaySince: number | undefined;
  let denied: number | undefined;
  let trouble = '';
  let end = endReason;
  try {
    for (;;) {
      if (lock.lost.aborted) return await lockLost(first.plan, cluster);
      const record = recordOf(lock);
      if (!lock.holds()) {
        if (awaySince === undefined) yield { type: 'warning', message: OUT_OF_REACH };
        awaySince ??= clock.monotonic();
        if (clock.monotonic() - awaySince >= record.plan.timeoutMs)
          return outOfReach(record, cluster.server, trouble);
        await clock.sleep(LOOK_AGAIN_MS, lock.lost);
        continue;
      }
      if (awaySince !== undefined) yield { type: 'note', message: 'The lock is still held: it goes on.' };
      awaySince = undefined;
      if (deps.cancelled.aborted && deps.onCancel === 'keep' && end === undefined) return kept(record);
      const seen = mirror.version();
      const request = abortRequest(mirror, record, deps.cancelled, end);
      const looked = takeSnapshot(mirror, record.plan, request);
      if (watch) yield* watchStep(watch, record, looked, router);
      const jobs = tests ? await jobLogs.withLines(findCheckJobs(mirror, record), deps.cancelled) : [];
      const observed = { ...looked, jobs, opinion: watch?.opinion(), recentCanary: watch?.recentCanary() };
      yield* newTroubleEvents(observed, cluster, told, deps.cancelled);
      const decided = decide(record, observed, clock.now(), router);
      const decision = delayServiceDeletion(decided, cluster.outage.restlessUntil() - clock.monotonic());
      if (decision.do === 'end') return decision;
      if (decision.do === 'wait') {
        waitingSince ??= clock.monotonic();
        const key = JSON.stringify(decision.event);
        const silent = decision.event.type === 'waiting' && clock.monotonic() - waitingSince < SAY_AFTER_MS;
        if (key !== said && !silent) {
          yield decision.event;
          said = key;
        }
        const ms = silent ? Math.min(decision.ms, SAY_AFTER_MS) : decision.ms;
        const ended = AbortSignal.any([lock.holding(), ...(request ? [] : [deps.cancelled])]);
        const looking = new AbortController();
        await Promise.race([mirror.changed(ms, ended, seen), ...(watch ? [watch.next(looking.signal)] : [])]);
        looking.abort();
        continue;
      }
      said = '';
      waitingSince = undefined;
      try {
        yield* act(decision, lock, mirror, deps);
        denied = undefined;
        trouble = '';
      } catch (error) {
        if (lock.lost.aborted || !lock.holds()) continue;
        if (!isPassing(error, denied, clock.monotonic())) {
          if (!isRefusal(error)) throw error;
          if (recordOf(lock).direction === 'down') return cannotGoDown(record, error);
          end = `The API server refused a write: ${error.message}`;
          continue;
        }
        if (isDenial(error)) denied ??= clock.monotonic();
        if (error.message !== trouble) yield { type: 'warning', message: `${error.message} Trying again.` };
        trouble = error.message;
        await clock.sleep(LOOK_AGAIN_MS, lock.lost);
      }
    }
  } finally {
    watch?.stop();
    mirror.stop();
  }
}

/** Tells the watch which weight the canary has by now. */
function* watchStep(
  watch: Watch,
  record: PromotionRecord,
  { routes }: Snapshot,
  router: Router,
): Generator<PromotionEvent> {
  yield* watch.told();
  const stage = stagesOf(record)[record.stage];
  const { strategy } = record.plan;
  if (strategy === 'experiment' && stage?.kind === 'test' && record.reachedAt !== undefined) watch.begin();
  const weight = stage?.weight;
  if (record.direction !== 'up' || typeof weight !== 'number' || weight === 0) return;
  if (routes.canary.length > 0 && router.lower(routes, weight).length === 0)
    watch.enter(record.stage, weight);
}

async function* act(
  decision: Extract<Decision, { do: 'record' | 'write' }>,
  lock: Lock,
  mirror: Mirror,
  { cluster }: Deps,
): AsyncGenerator<PromotionEvent, void> {
  if (decision.do === 'record') {
    const before = recordOf(lock);
    await lock.save(decision.record);
    yield* decision.events;
    if (decision.record.stage !== before.stage || decision.record.direction !== before.direction) {
      yield* stageEvent(decision.record);
    }
    return;
  }
  for (const write of decision.writes) {
    if (!lock.holds()) return;
    try {
      const stored = await cluster.write(write, { signal: lock.holding() });
      if (stored) mirror.put(write.resource, stored);
      else await mirror.refresh(write.resource);
    } catch (error) {
      if (!isConflict(error)) throw error;
      await mirror.refresh(write.resource);
      yield { type: 'conflict', object: objectOf(write), message: error.message };
      return;
    }
  }
  yield* decision.events;
}

function* stageEvent(record: PromotionRecord): Generator<PromotionEvent> {
  const stages = stagesOf(record);
  const stage = stages[record.stage];
  if (stage) yield { type: 'stage', name: stage.name, message: `${record.stage + 1} of ${stages.length}` };
}

function recordOf(lock: Lock): PromotionRecord {
  const record = lock.record();
  if (!record) throw new PromoteError('internal', 'The Lease has lost its record.');
  return record;
}

/** Who asks for the end: the step itself, an abort step, or the API server that refuses what is needed. */
function abortRequest(
  mirror: Mirror,
  record: PromotionRecord,
  cancelled: AbortSignal,
  end: string | undefined,
): AbortRequest | undefined {
  if (end !== undefined) return { id: record.id, by: record.by, reason: end };
  if (cancelled.aborted) return { id: record.id, by: record.by, reason: 'The step was told to end.' };
  const lease = mirror.all<Lease>(kinds.leases)[0];
  const request = lease ? readLease(lease).request : undefined;
  return request?.id === record.id ? request : undefined;
}
