import { checkAccess } from '../../cluster/access.ts';
import { holderName, watchHolder } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { onlyRouter, routerOf } from '../../traffic/index.ts';
import { settingOf, titleOf, workloadIn } from '../../workload/rolling/kinds.ts';
import { OLDER_RELEASE, STATUS } from '../shared/hints.ts';
import { POLL_INTERVAL_MS } from '../shared/timing.ts';
import { LockedError, takeOver } from './lock/acquire.ts';
import { HISTORY, leaseName, readLease, requestAbort } from './lock/lease.ts';
import type { LockOptions } from './lock/lock.ts';
import type { Deps } from './loop-state.ts';
import { hasTasks, longestOf } from './plan/hooks/tasks.ts';
import { decodeHistory, type PromotionRecord } from './plan/record.ts';
import { rightsToPromote, rightsToRoll } from './plan/rights.ts';
import { toTheEnd } from './run-to-end.ts';

/** How long a running promotion may take to roll back after the request, beside its Jobs. */
const ABORT_TIMEOUT_MS = 15 * 60_000;

/**
 * Ends the promotion of a workload, and restores production. If a step runs the promotion, asks that step to
 * roll back, and waits for it. If the promotion is held or was left, or its step is dead, rolls it back here.
 */
export async function* abort(
  workload: string,
  deps: Deps,
  options: LockOptions,
  by: string,
  reason: string,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  const only = onlyRouter(Object.values(deps.routers));
  const { kind } = workloadIn(workload);
  const isRolled = deps.rolls || kind !== 'Deployment';
  await checkAccess(cluster, isRolled ? rightsToRoll(kind, 'promote') : rightsToPromote(only));
  const record = await openRecord(deps, workload);
  if (!record) return nothingToAbort(workload);
  const { router, strategy, followers = [] } = record.plan;
  const [hooks, preview] = [hasTasks(record.plan), record.plan.preview !== undefined];
  if (strategy === 'rolling' && hooks) await checkAccess(cluster, rightsToRoll(kind, 'promote', { hooks }));
  if (strategy !== 'rolling' && (!only || hooks || preview || followers.length > 0))
    await checkAccess(
      cluster,
      rightsToPromote(routerOf(router, deps.routers), { hooks, followers, preview }),
    );
  const holder = watchHolder(cluster, leaseName(workload), clock);
  const timeoutMs = ABORT_TIMEOUT_MS + longestOf(record.plan);
  const end = clock.monotonic() + timeoutMs;
  for (let isRequested = false; clock.monotonic() < end && !cancelled.aborted; ) {
    const { lease, held, dead } = await holder.look();
    if (!lease || readLease(lease).record?.id !== record.id) return await endedElsewhere(deps, workload);
    if (!held || dead) {
      const lock = await takeOver(cluster, workload, lease, options).catch(lockedOnly);
      // if another run took the lock first, wait for that run
      if (!(lock instanceof LockedError)) return verdict(yield* toTheEnd(lock, deps, by, reason));
    } else if (!isRequested) {
      const who = holderName(lease.spec?.holderIdentity ?? '');
      yield { type: 'note', message: `Asking ${who}, which promotes ${record.plan.to}, to roll back.` };
      await requestAbort(cluster, workload, { id: record.id, by, reason });
      isRequested = true;
    }
    await clock.sleep(POLL_INTERVAL_MS, cancelled);
  }
  throw new PromoteError(
    'abort',
    `The promotion of ${titleOf(workload)} did not roll back within ${formatDuration(timeoutMs)} of the request.`,
    {
      hint: `See the log of the step that promotes. ${STATUS}`,
    },
  );
}

function lockedOnly(error: unknown): LockedError {
  if (error instanceof LockedError) return error;
  throw error;
}

async function openRecord({ cluster }: Deps, workload: string): Promise<PromotionRecord | undefined> {
  const lease = await cluster.get(leases, leaseName(workload));
  return lease ? readLease(lease).record : undefined;
}

/** The promotion ended by itself: its outcome is the newest of the history. */
async function endedElsewhere({ cluster }: Deps, workload: string): Promise<Outcome> {
  const lease = await cluster.get(leases, leaseName(workload));
  const last = decodeHistory(lease?.metadata?.annotations?.[HISTORY])[0];
  if (!last) return nothingToAbort(workload);
  const { outcome, reason, image, from, to, startedAt } = last;
  const begun = Date.parse(startedAt ?? '');
  return verdict({
    kind: outcome,
    reason,
    hints: [],
    image,
    weight: 0,
    workload: settingOf(workloadIn(workload)),
    namespace: cluster.namespace,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(Number.isNaN(begun) ? {} : { startedAt: begun, durationMs: Date.parse(last.at) - begun }),
  });
}

function nothingToAbort(workload: string): Outcome {
  return {
    kind: 'aborted',
    requested: true,
    reason: `There is no promotion of ${titleOf(workload)} to abort: nothing was done.`,
    hints: [],
  };
}

/** The outcome of the promotion as the outcome of the abort. */
function verdict(outcome: Outcome): Outcome {
  if (outcome.kind === 'aborted') return { ...outcome, requested: true };
  if (outcome.kind !== 'promoted') return outcome;
  return {
    ...outcome,
    kind: 'refused',
    code: 'abort',
    reason: `It was too late to abort: ${outcome.reason}`,
    hints: [OLDER_RELEASE],
  };
}
