import type { Lease } from 'kubernetes-types/coordination/v1';
import { checkAccess } from '../../cluster/access.ts';
import { isConflict } from '../../cluster/api-error.ts';
import { holderName, watchHolder } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { formatDuration } from '../../duration.ts';
import { messageOf, PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { onlyRouter } from '../../traffic/index.ts';
import { LockedError, takeOver } from './lock/acquire.ts';
import { annotated, GUARD, leaseName, put, readLease } from './lock/lease.ts';
import type { LockOptions } from './lock/lock.ts';
import type { Deps } from './loop.ts';
import { rightsToGuard } from './plan/rights.ts';
import { isPastReturn } from './promote.ts';
import { toTheEnd } from './run-to-end.ts';

const LOOK_MS = 1_000;

/**
 * Watches over one run of a promotion, from inside the cluster: while its heartbeat goes on, nothing; when it has been silent for as long
 * as its lease lasts, the lock is taken over and the promotion brought to its end: down, weight first, or forward where its release is
 * stable already. Ends by itself when the promotion has ended, is held for a person, or has gone to another run, which has its own guard.
 */
export async function* guard(
  workload: string,
  deps: Deps,
  options: LockOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, cancelled } = deps;
  await checkAccess(cluster, rightsToGuard(onlyRouter(Object.values(deps.routers))));
  const watched = await signIn(workload, deps);
  if (!watched) return over('There is no promotion under way: nothing to guard.');
  const who = holderName(watched);
  yield { type: 'note', message: `Watching over the promotion of Deployment/${workload} by ${who}.` };
  const holder = watchHolder(cluster, leaseName(workload), clock);
  let away = false;
  while (!cancelled.aborted) {
    try {
      const { lease, held, dead } = await holder.look();
      if (away) yield { type: 'note', message: 'The API server answers again.' };
      away = false;
      const end = endOf(lease, watched);
      if (end) return over(end);
      if (dead && lease) {
        const said = held ? `${who} has been silent` : `${who} has left it`;
        const since = formatDuration(holder.silentMs());
        return yield* takeCare(workload, lease, `The step was killed: ${said} for ${since}.`, deps, options);
      }
    } catch (error) {
      if (error instanceof LockedError) continue;
      if (!(error instanceof PromoteError) || error.code !== 'unreachable') throw error;
      if (!away) yield { type: 'warning', message: `${messageOf(error)} Watching goes on when it answers.` };
      away = true;
    }
    await clock.sleep(LOOK_MS, cancelled);
  }
  return over('The guard was told to end.');
}

/** Says in the Lease whom it watches over, which is what the step waits for. @returns the holder; undefined where there is none */
async function signIn(workload: string, { cluster, clock, cancelled }: Deps): Promise<string | undefined> {
  for (;;) {
    const lease = await cluster.get(leases, leaseName(workload));
    const { record, holder } = lease ? readLease(lease) : {};
    if (!lease || !record || !holder) return undefined;
    try {
      await put(cluster, lease, annotated(lease, { [GUARD]: holder }));
      return holder;
    } catch (error) {
      if (!isConflict(error)) throw error;
      await clock.sleep(100, cancelled);
    }
  }
}

/** Why there is nothing to guard any more, if so. Pure. */
function endOf(lease: Lease | undefined, watched: string): string | undefined {
  const { record, holder } = lease ? readLease(lease) : {};
  if (!record) return 'The promotion has come to its end by itself.';
  if (record.held) return 'The promotion is held for a person.';
  if (holder && holder !== watched) return `${holderName(holder)} goes on with the promotion.`;
  return undefined;
}

async function* takeCare(
  workload: string,
  lease: Lease,
  reason: string,
  deps: Deps,
  options: LockOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const lock = await takeOver(deps.cluster, workload, lease, options);
  const record = lock.record();
  const forward = record !== undefined && (record.direction === 'down' || (await isPastReturn(record, deps)));
  yield { type: 'note', message: reason };
  const by = holderName(options.identity);
  const outcome = yield* toTheEnd(lock, deps, by, forward ? undefined : reason);
  // its work is done either way; only what needs a person is a failure of the Job
  return outcome.kind === 'aborted' ? { ...outcome, requested: true } : outcome;
}

function over(reason: string): Outcome {
  return { kind: 'shown', reason, hints: [] };
}
