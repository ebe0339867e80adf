import type { Lease } from 'kubernetes-types/coordination/v1';
import { checkAccess } from '../../cluster/access.ts';
import type { PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { awaitGuard } from '../shared/await-guard.ts';
import type { EngineContext } from '../shared/context.ts';
import { type GuardSettings, guardJob } from '../shared/guard-job.ts';
import { guardLoop } from '../shared/guard-loop.ts';
import { heartbeatName } from '../shared/heartbeat.ts';
import { type AbortSpec, abort } from './abort.ts';
import { TO_GUARD } from './rights.ts';
import type { Rollout } from './rollout/types.ts';

/**
 * Watches the step that follows a Rollout (shared/guard-loop.ts). If the step is dead, aborts the release in
 * progress.
 */
export async function* guard(spec: AbortSpec, deps: EngineContext): AsyncGenerator<PromotionEvent, Outcome> {
  await checkAccess(deps.cluster, TO_GUARD);
  const duty = {
    workload: `Rollout/${spec.rollout}`,
    leaseName: heartbeatName(spec.rollout),
    // a step that ends gives up its Lease
    endOf: (lease: Lease | undefined) =>
      lease?.spec?.holderIdentity ? undefined : 'The promotion ended by itself.',
    onDead: (_: Lease, silence: string) => abort({ ...spec, by: `the guard: ${silence}` }, deps),
  };
  return yield* guardLoop(duty, deps);
}

/**
 * Creates the guard's Job for this run, and waits until the guard is up.
 *
 * @returns why the promotion is refused; undefined if the guard is up
 */
export async function* startGuard(
  settings: GuardSettings,
  rollout: Rollout,
  identity: string,
  timeoutMs: number,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, PromoteError | undefined> {
  const { name = '', uid = '' } = rollout.metadata ?? {};
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name, uid };
  const job = guardJob(deps.cluster.namespace, owner, settings, identity.slice(-8));
  return yield* awaitGuard(job, deps, { leaseName: heartbeatName(name), identity, timeoutMs });
}
