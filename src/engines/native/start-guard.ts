import * as kinds from '../../cluster/resource.ts';
import { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import { awaitGuard } from '../shared/await-guard.ts';
import { type GuardSettings, guardJob } from './guard-job.ts';
import { GUARD, leaseName } from './lock/lease.ts';
import type { Lock } from './lock/lock.ts';
import type { Deps } from './loop.ts';
import type { Plan } from './plan/plan.ts';

/**
 * Makes the guard's Job, and waits until the guard has said in the Lease that it watches over this run.
 *
 * @returns why the promotion is refused; undefined where the guard is up
 */
export async function* startGuard(
  settings: GuardSettings,
  plan: Plan,
  lock: Lock,
  { cluster, clock, cancelled }: Deps,
  identity: string,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const { items } = await cluster.list(kinds.deployments, {
    fieldSelector: `metadata.name=${plan.workload}`,
  });
  const [owner] = items;
  if (!owner) return new PromoteError('workload', `Deployment/${plan.workload} was deleted meanwhile.`);
  return yield* awaitGuard(guardJob(plan, owner, settings, identity.slice(-8)), {
    cluster,
    clock,
    timeoutMs: plan.timeoutMs,
    async isUp() {
      const lease = await cluster.get(kinds.leases, leaseName(plan.workload));
      return lease?.metadata?.annotations?.[GUARD] === identity;
    },
    goesOn: () => lock.holds(),
    cancelled,
  });
}
