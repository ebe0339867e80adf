import { checkAccess } from '../../cluster/access.ts';
import { holderName, watchHolder } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { onlyRouter, routerOf } from '../../traffic/index.ts';
import { OLDER_RELEASE, STATUS } from '../shared/hints.ts';
import { POLL_INTERVAL_MS } from '../shared/timing.ts';
import { LockedError, takeOver } from './lock/acquire.ts';
import { HISTORY, leaseName, readLease, requestAbort } from './lock/lease.ts';
import type { LockOptions } from './lock/lock.ts';
import type { Deps } from './loop-state.ts';
import { decodeHistory, type PromotionRecord } from './plan/record.ts';
import { rightsToPromote } from './plan/rights.ts';
import { toTheEnd } from './run-to-end.ts';

/** How long a running promotion that was asked to come down may take. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Ends the promotion of a workload and brings production back to where it was. One that runs is asked to come down by itself, and
 * waited for; one that is held, was left behind, or whose step is dead, is brought down here.
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
  await checkAccess(cluster, rightsToPromote(only));
  const record = await openRecord(deps, workload);
  if (!record) return nothingToAbort(workload);
  if (!only) await checkAccess(cluster, rightsToPromote(routerOf(record.plan.router, deps.routers)));
  const holder = watchHolder(cluster, leaseName(workload), clock);
  const end = clock.monotonic() + PATIENCE_MS;
  for (let asked = false; clock.monotonic() < end && !cancelled.aborted; ) {
    const { lease, held, dead } = await holder.look();
    if (!lease || readLease(lease).record?.id !== record.id) return await endedElsewhere(deps, workload);
    if (!held || dead) {
      const lock = await takeOver(cluster, workload, lease, options).catch(lockedOnly);
      // whoever came first is waited for
      if (!(lock instanceof LockedError)) return verdict(yield* toTheEnd(lock, deps, by, reason));
    } else if (!asked) {
      const who = holderName(lease.spec?.holderIdentity ?? '');
      yield { type: 'note', message: `${who} promotes ${record.plan.to}: it is asked to come down.` };
      await requestAbort(cluster, workload, { id: record.id, by, reason });
      asked = true;
    }
    await clock.sleep(POLL_INTERVAL_MS, cancelled);
  }
  throw new PromoteError(
    'abort',
    `The promotion of Deployment/${workload} did not come down within 15 minutes.`,
    {
      hint: `Its own log says what it does. ${STATUS}`,
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
    workload: `deployment/${workload}`,
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
    reason: `There is no promotion of Deployment/${workload} to abort: nothing was done.`,
    hints: [],
  };
}

/** What an end means to the one who asked for an abort. */
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
