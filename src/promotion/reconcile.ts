import type { Lease } from 'kubernetes-types/coordination/v1';
import type { Clock } from '../clock.ts';
import { ApiError, isConflict } from '../cluster/api-error.ts';
import { type Cluster, objectOf } from '../cluster/client.ts';
import { type Interest, type Mirror, startMirror } from '../cluster/mirror.ts';
import * as kinds from '../cluster/resource.ts';
import { messageOf, PromoteError } from '../errors.ts';
import type { Outcome } from '../outcome.ts';
import type { PromotionEvent } from '../promotion-event.ts';
import type { Router } from '../traffic/router.ts';
import { type Decision, decide } from './decide.ts';
import { type Lock, leaseName, readLease } from './lease.ts';
import { observe } from './observed.ts';
import type { Plan } from './plan.ts';
import type { AbortRequest, PromotionRecord } from './record.ts';
import { stagesOf } from './stages.ts';
import { newTroubles } from './tell-trouble.ts';

/** What the loop is given. `cancelled` aborts when the step is told to end. */
export interface Deps {
  cluster: Cluster;
  clock: Clock;
  router: Router;
  cancelled: AbortSignal;
}

/** A wait that is over sooner is nothing to tell. */
const SAY_AFTER_MS = 2_000;

/**
 * Observe, decide, act, again, until the decision is the end. The record is in the lock. Events tell what was done, after it was done.
 * With `endReason` the promotion is brought down from the start, for that reason. The lock stays held: whoever took it gives it back, with the record that this returns.
 */
export async function* reconcile(
  lock: Lock,
  deps: Deps,
  endReason?: string,
): AsyncGenerator<PromotionEvent, { outcome: Outcome; record: PromotionRecord | undefined }> {
  const { cluster, clock, router } = deps;
  const first = recordOf(lock);
  const mirror = await startMirror(cluster, interestsOf(first.plan), clock);
  const told = new Set<string>();
  let said = '';
  let waitingSince: number | undefined;
  let end = endReason;
  try {
    for (;;) {
      if (lock.lost.aborted) return lockLost(first.plan);
      const record = recordOf(lock);
      const seen = mirror.version();
      const request = abortRequest(mirror, record, deps.cancelled, end);
      const observed = observe(mirror, record.plan, request);
      yield* newTroubles(observed, cluster, told);
      const decision = decide(record, observed, clock.now(), router);
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
        const ended = AbortSignal.any([lock.lost, ...(request ? [] : [deps.cancelled])]);
        await mirror.changed(ms, ended, seen);
        continue;
      }
      said = '';
      waitingSince = undefined;
      try {
        yield* act(decision, lock, mirror, deps);
      } catch (error) {
        if (lock.lost.aborted) return lockLost(first.plan);
        if (isRefusal(error)) {
          if (recordOf(lock).direction === 'down') return cannotGoDown(record, error);
          end = `The API server refused a write: ${error.message}`;
        } else if (error instanceof PromoteError && error.code === 'unreachable') {
          yield { type: 'warning', message: `${error.message} Trying again.` };
          await clock.sleep(1000, lock.lost);
        } else throw error;
      }
    }
  } finally {
    mirror.stop();
  }
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
    if (lock.lost.aborted) return;
    try {
      const stored = await cluster.write(write);
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

/** An answer that the same write will get again: it breaks a rule (quota, admission, validation, rights). */
function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
}

function interestsOf(plan: Plan): Interest[] {
  const { key, stable, canary } = plan.label;
  const services = plan.services.map((pair) => pair.canary);
  return [
    { resource: kinds.leases, fieldSelector: `metadata.name=${leaseName(plan.workload)}` },
    { resource: kinds.deployments },
    { resource: kinds.services },
    { resource: kinds.ingresses },
    { resource: kinds.pods, labelSelector: `${key} in (${stable},${canary})` },
    {
      resource: kinds.endpointSlices,
      labelSelector: `kubernetes.io/service-name in (${services.join(',') || 'none'})`,
    },
  ] as Interest[];
}

function lockLost(plan: Plan): { outcome: Outcome; record: undefined } {
  return {
    record: undefined,
    outcome: {
      word: 'stuck',
      reason: `The lock of Deployment/${plan.workload} was lost: this step was out of reach of the cluster for too long, or somebody took over. It has stopped acting.`,
      hints: ['See what holds it now: `action: status`. Whoever holds it brings the promotion to an end.'],
      image: plan.to,
    },
  };
}

function cannotGoDown(
  record: PromotionRecord,
  error: ApiError,
): { outcome: Outcome; record: PromotionRecord } {
  const { namespace, routes, canary } = record.plan;
  return {
    record,
    outcome: {
      word: 'stuck',
      reason: `${record.reason ?? ''} The way back is refused by the API server: ${messageOf(error)}`.trim(),
      hints: [
        ...routes.map((route) => `kubectl -n ${namespace} delete ingress ${route.canary}`),
        `kubectl -n ${namespace} delete deployment ${canary}`,
      ],
      image: record.plan.to,
    },
  };
}
