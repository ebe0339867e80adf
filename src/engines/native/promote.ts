import { tryQueries } from '../../analysis/checks/queries.ts';
import { checkAccess } from '../../cluster/access.ts';
import { leases } from '../../cluster/resource.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { candidateRouters, onlyRouter, routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import { askAdmission } from './admission.ts';
import { alreadyThere } from './decide/outcomes.ts';
import { HISTORY, leaseName, readLease } from './lock/lease.ts';
import type { Deps } from './loop-state.ts';
import { subjectOf } from './observe/analysis/subject.ts';
import { readInventory } from './plan/inventory.ts';
import { makePlan, type Planned } from './plan/make-plan.ts';
import type { Plan } from './plan/plan.ts';
import { decodeHistory } from './plan/record.ts';
import { rightsToLook, rightsToPromote, rightsWanted } from './plan/rights.ts';
import { likelyRouter } from './plan/routing.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { proveWatchers } from './prove-watchers.ts';
import { promoteRolling, refusedFor } from './start/promote-rolling.ts';
import { type Options, runPromotion } from './start/run-promotion.ts';

/**
 * Promotes a release with the native engine. Runs all preflight checks before the first write.
 *
 * @throws PromoteError if the promotion is refused; it has written nothing then
 */
export async function* promote(
  spec: PromotionSpec,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  if (spec.strategy === 'rolling') return yield* promoteRolling(spec, deps, options);
  const { cluster } = deps;
  const wanted = rightsWanted(spec, options.guard !== undefined);
  const { followers } = spec;
  const candidates = candidateRouters(spec.traffic, deps.routers, spec.strategy);
  const only = onlyRouter(candidates);
  const rightsWith = (router: TrafficRouter | undefined) =>
    options.dryRun ? rightsToLook(router ? [router] : [], followers) : rightsToPromote(router, wanted);
  await checkAccess(cluster, rightsWith(only), async () =>
    rightsWith(only ?? (await likelyRouter(cluster, candidates))),
  );
  const found = await cluster.get(leases, leaseName(spec.workload));
  const open = found ? readLease(found).record : undefined;
  const planned = await planOf(spec, deps, open !== undefined);
  yield {
    type: 'plan',
    title: `Deployment/${spec.workload} in ${spec.namespace}`,
    lines: planned.lines,
    history: decodeHistory(found?.metadata?.annotations?.[HISTORY]),
  };
  for (const message of planned.warnings) yield { type: 'warning', message };

  const { checks, prometheus, prometheusRouter } = deps.analysis;
  await tryQueries(checks, subjectOf(planned.plan), prometheus, prometheusRouter);

  if (planned.nothingToDo && !open) return alreadyThere(spec);
  if (!planned.nothingToDo && !options.dryRun) {
    const router = routerOf(planned.plan.router, deps.routers);
    const { autoscaler, policies = [] } = planned.plan;
    if (!only || autoscaler || policies.length > 0)
      await checkAccess(cluster, rightsToPromote(router, { ...wanted, autoscaler, policies }));
  }
  const isNew = planned.plan.steps.length > 0 && !planned.nothingToDo;
  const watched =
    isNew && spec.strategy !== 'experiment'
      ? yield* proveWatchers(planned.plan, planned.inventory.routes, deps, spec)
      : undefined;
  if (isNew) yield* askAdmission(planned.plan, planned.inventory, deps, options.guard);
  if (options.dryRun) {
    // loaded here, because only a dry run needs the libraries for YAML and diffs
    const { rehearse } = await import('./dry-run.ts');
    return yield* rehearse(planned.plan, spec, deps, options.guard);
  }

  return yield* runPromotion(spec, planned, (isOpen) => planOf(spec, deps, isOpen), watched, deps, options);
}

/** Makes the plan. @throws PromoteError with all reasons to refuse it */
async function planOf(
  spec: PromotionSpec,
  deps: Deps,
  isOpen: boolean,
): Promise<Extract<Planned, { plan: Plan }>> {
  const routers = candidateRouters(spec.traffic, deps.routers, spec.strategy);
  const inventory = await readInventory(deps.cluster, spec, routers, deps.analysis.controllerNamespace);
  const planned = makePlan(spec, inventory, routers, isOpen);
  if ('plan' in planned) return planned;
  throw refusedFor(planned.refusals);
}
