import { tryQueries } from '../../../analysis/checks/queries.ts';
import type { Watched } from '../../../analysis/watchers.ts';
import { checkAccess } from '../../../cluster/access.ts';
import { leases } from '../../../cluster/resource.ts';
import { PromoteError, type Refusal } from '../../../errors.ts';
import type { PromotionEvent } from '../../../events.ts';
import type { Outcome } from '../../../outcome.ts';
import { referenceOf, titleOf } from '../../../workload/rolling/kinds.ts';
import { checkWatchers, podSources, proveWatchers } from '../../shared/prove-watchers.ts';
import { alreadyThere } from '../decide/outcomes.ts';
import { HISTORY, leaseName, readLease } from '../lock/lease.ts';
import type { Deps } from '../loop-state.ts';
import { decodeHistory } from '../plan/record.ts';
import { rightsToRoll, rightsWanted } from '../plan/rights.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import { makeRollingPlan, type RollingPlanned, readRollingInventory } from '../rolling/make-plan.ts';
import { subjectOf } from '../rolling/watch.ts';
import { rehearseRolling } from './rehearse-rolling.ts';
import { type Options, runPromotion } from './run-promotion.ts';

type Planned = Extract<RollingPlanned, { lines: string[] }>;

/**
 * Promotes a release by a rolling update of the workload itself (docs/how-to/rolling.md). Runs all preflight checks before the
 * first write.
 *
 * @throws PromoteError if the promotion is refused; it has written nothing then
 */
export async function* promoteRolling(
  spec: PromotionSpec,
  deps: Deps,
  options: Options,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, analysis } = deps;
  const use = options.dryRun ? 'look' : 'promote';
  await checkAccess(
    cluster,
    rightsToRoll(spec.kind, use, rightsWanted(spec, options.guard !== undefined && !options.dryRun)),
  );
  const found = await cluster.get(leases, leaseName(referenceOf(spec)));
  const open = found ? readLease(found).record : undefined;
  const planned = await planOf(spec, deps, open !== undefined);
  yield {
    type: 'plan',
    title: `${titleOf(spec)} in ${spec.namespace}`,
    lines: planned.lines,
    history: decodeHistory(found?.metadata?.annotations?.[HISTORY]),
  };
  for (const message of planned.warnings) yield { type: 'warning', message };
  const { checks, prometheus, prometheusRouter } = analysis;
  await tryQueries(checks, subjectOf(planned.plan), prometheus, prometheusRouter);
  if (planned.nothingToDo && !open) return alreadyThere(spec);
  const isNew = planned.plan.steps.length > 0 && !planned.nothingToDo;
  const watched = isNew ? yield* prove(planned, spec, deps) : undefined;
  if (options.dryRun) return yield* rehearseRolling(planned, spec, deps);
  return yield* runPromotion(spec, planned, (isOpen) => planOf(spec, deps, isOpen), watched, deps, options);
}

/** Looks whether anything would notice a bad release: the pods' own counters, or a check. */
function prove(
  { plan, inventory }: Planned,
  { kind, workload: name, namespace, unwatched }: PromotionSpec,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Watched> {
  const uncounted = 'the requests of the users: in a rolling update no router knows new pods from old ones.';
  return proveWatchers(
    { kind, name, namespace, uncounted },
    podSources(inventory.pods, deps.cluster, deps.analysis),
    checkWatchers(
      deps.analysis.checks.filter(({ measure }) => measure.kind !== 'slower').map((check) => check.name),
      plan.steps,
    ),
    unwatched,
    deps,
  );
}

/** Makes the plan. @throws PromoteError with all reasons to refuse it */
async function planOf(spec: PromotionSpec, deps: Deps, isOpen: boolean): Promise<Planned> {
  const planned = makeRollingPlan(spec, await readRollingInventory(deps.cluster, spec), isOpen);
  if ('plan' in planned) return planned;
  throw refusedFor(planned.refusals);
}

/** All reasons to refuse a plan, as one error. */
export function refusedFor(refusals: readonly Refusal[]): PromoteError {
  const [first] = refusals;
  if (!first) return new PromoteError('internal', 'A plan was refused without a reason.');
  const hints = refusals.flatMap(({ hint }) => hint ?? []).join('\n');
  const message = refusals.map((each) => each.message).join('\n');
  return new PromoteError(first.code, message, hints ? { hint: hints } : {});
}
