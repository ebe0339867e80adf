import type { Job } from 'kubernetes-types/batch/v1';
import type { Lease } from 'kubernetes-types/coordination/v1';
import { checkAccess } from '../../cluster/access.ts';
import { holderName } from '../../cluster/holder.ts';
import { leases } from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { routerOf } from '../../traffic/index.ts';
import { referenceOf, resourceOf, titleOf, type Workload, workloadIn } from '../../workload/rolling/kinds.ts';
import { awaitGuard } from '../shared/await-guard.ts';
import { type GuardSettings, guardJob } from '../shared/guard-job.ts';
import { guardLoop } from '../shared/guard-loop.ts';
import { LockedError, takeOver } from './lock/acquire.ts';
import { HISTORY, leaseName, readLease } from './lock/lease.ts';
import type { Lock, LockOptions } from './lock/lock.ts';
import type { Deps } from './loop-state.ts';
import { hasTasks } from './plan/hooks/tasks.ts';
import type { Plan } from './plan/plan.ts';
import { decodeHistory } from './plan/record.ts';
import { rightsToGuard, rightsToRoll } from './plan/rights.ts';
import { isPastReturn, toTheEnd } from './run-to-end.ts';

/**
 * Watches one run of a promotion (shared/guard-loop.ts). If the run is dead, takes over its lock and rolls
 * the promotion back, weight 0 first; or finishes it if stable already runs the release.
 */
export async function* guard(
  workload: string,
  deps: Deps,
  options: LockOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { kind } = workloadIn(workload);
  const isRolled = deps.rolls || kind !== 'Deployment';
  await checkAccess(deps.cluster, isRolled ? rightsToRoll(kind, 'guard') : rightsToGuard(undefined));
  const made = await deps.cluster.get(leases, leaseName(workload));
  const plan = made && readLease(made).record?.plan;
  const router = plan && plan.routes.length > 0 ? routerOf(plan.router, deps.routers) : undefined;
  // the plan was recorded before its guard was made
  if (plan) {
    const hooks = hasTasks(plan);
    const isRolling = plan.strategy === 'rolling';
    await checkAccess(
      deps.cluster,
      isRolling ? rightsToRoll(kind, 'guard', { hooks }) : rightsToGuard(router, { ...plan, hooks }),
    );
  }
  const duty = {
    workload: titleOf(workload),
    leaseName: leaseName(workload),
    endOf,
    async *onDead(lease: Lease, silence: string) {
      const lock = await takeOver(deps.cluster, workload, lease, options).catch((error: unknown) => {
        if (!(error instanceof LockedError)) throw error;
        return undefined;
      });
      return lock && (yield* endPromotion(lock, lease, `The step was killed: ${silence}.`, deps, options));
    },
  };
  return yield* guardLoop(duty, deps);
}

/** Why there is nothing to guard any more; undefined if there is. Pure. */
function endOf(lease: Lease | undefined): string | undefined {
  const { record } = lease ? readLease(lease) : {};
  if (!record) return 'The promotion ended by itself.';
  return record.held ? 'The promotion is held and waits for a person.' : undefined;
}

async function* endPromotion(
  lock: Lock,
  lease: Lease,
  reason: string,
  deps: Deps,
  options: LockOptions,
): AsyncGenerator<PromotionEvent, Outcome> {
  const record = lock.record();
  const forward = record !== undefined && (record.direction === 'down' || (await isPastReturn(record, deps)));
  yield { type: 'note', message: reason };
  const by = holderName(options.identity);
  const outcome = yield* toTheEnd(lock, deps, by, forward ? undefined : reason);
  // a rollback is a success of the guard; the Job fails only if a person is needed
  if (outcome.kind === 'aborted') return { ...outcome, requested: true };
  return isInHistory(lease, outcome) ? { ...outcome, repeated: true } : outcome;
}

/** Whether the promotion ended so before: Kubernetes starts a guard again that ends stuck. Pure. */
export function isInHistory(before: Lease, { kind, startedAt }: Outcome): boolean {
  const [last] = decodeHistory(before.metadata?.annotations?.[HISTORY]);
  return (
    startedAt !== undefined && last?.outcome === kind && last.startedAt === new Date(startedAt).toISOString()
  );
}

/** The guard's Job for a promotion of a workload. */
export function guardJobOf(plan: Plan, owner: Workload, settings: GuardSettings, suffix: string): Job {
  const uid = owner.metadata?.uid ?? '';
  const reference = { apiVersion: 'apps/v1', kind: plan.kind ?? 'Deployment', name: plan.workload, uid };
  return guardJob(plan.namespace, reference, settings, suffix);
}

/**
 * Creates the guard's Job, and waits until the guard is up.
 *
 * @returns why the promotion is refused; undefined if the guard is up
 */
export async function* startGuard(
  settings: GuardSettings,
  plan: Plan,
  lock: Lock,
  deps: Deps,
  identity: string,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const { items } = await deps.cluster.list(resourceOf(plan.kind), {
    fieldSelector: `metadata.name=${plan.workload}`,
  });
  const [owner] = items;
  if (!owner) return new PromoteError('workload', `${titleOf(plan)} was deleted meanwhile.`);
  return yield* awaitGuard(guardJobOf(plan, owner, settings, identity.slice(-8)), deps, {
    leaseName: leaseName(referenceOf(plan)),
    identity,
    timeoutMs: plan.timeoutMs,
    isHeld: () => lock.holds(),
  });
}
