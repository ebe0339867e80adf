import { tryQueries } from '../../analysis/checks/queries.ts';
import { checkAccess } from '../../cluster/access.ts';
import { leases } from '../../cluster/resource.ts';
import { messageOf, PromoteError } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import { candidateRouters, onlyRouter, routerOf } from '../../traffic/index.ts';
import type { TrafficRouter } from '../../traffic/router.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { RESUME_OR_ROLL_BACK } from '../shared/hints.ts';
import { askAdmission } from './admission.ts';
import { acquireAfterOthers, type OnConflict } from './conflict.ts';
import { alreadyThere } from './decide/outcomes.ts';
import { startGuard } from './guard.ts';
import { HISTORY, leaseName, readLease } from './lock/lease.ts';
import type { Lock, LockOptions } from './lock/lock.ts';
import { runLoop } from './loop.ts';
import type { Deps } from './loop-state.ts';
import { subjectOf } from './observe/analysis/subject.ts';
import { readInventory } from './plan/inventory.ts';
import { makePlan, type Planned } from './plan/make-plan.ts';
import { isSamePromotion, type Plan } from './plan/plan.ts';
import { decodeHistory, type PromotionRecord } from './plan/record.ts';
import { likelyRouter, rightsToLook, rightsToPromote } from './plan/rights.ts';
import type { PromotionSpec } from './plan/spec.ts';
import { stageEvents } from './plan/stage-events.ts';
import { stageName } from './plan/stages.ts';
import { proveWatchers } from './prove-watchers.ts';
import { fresh, newTimings, resumed } from './resume.ts';
import { isPastReturn, pastOf, toTheEnd, withPromotion } from './run-to-end.ts';

export interface Options {
  /** Who promotes, for people: `build 77 (https://…)`. */
  by: string;
  dryRun: boolean;
  lock: LockOptions;
  onConflict: OnConflict;
  /** The Job that rolls the promotion back if this step is killed; undefined if none is wanted. */
  guard: GuardSettings | undefined;
}

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
  const { cluster } = deps;
  const wanted = { guard: options.guard !== undefined, jobs: spec.jobs.length > 0 && spec.steps.length > 0 };
  const candidates = candidateRouters(spec.traffic, deps.routers, spec.strategy);
  const only = onlyRouter(candidates);
  const rightsWith = (router: TrafficRouter | undefined) =>
    options.dryRun ? rightsToLook(router ? [router] : []) : rightsToPromote(router, wanted);
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

  const { lock, waited } = yield* acquireAfterOthers(
    spec.workload,
    deps,
    options.lock,
    options.onConflict,
    options.by,
  );
  let touched = false;
  try {
    // the other holder of the lock may have changed what the plan was made from
    const made = waited ? await planOf(spec, deps, lock.record() !== undefined) : planned;
    const ready = yield* endLeftover(spec, made, lock, deps);
    if ('outcome' in ready) {
      await lock.release({ record: lock.record() });
      return ready.outcome;
    }
    const { plan, unfinished } = ready;
    if (!unfinished && ready.nothingToDo) {
      const outcome = alreadyThere(spec);
      await lock.release({ outcome: pastOf(outcome, spec.image, options.by, deps.clock.now()) });
      return outcome;
    }
    const record = {
      ...(unfinished
        ? resumed(unfinished, plan, deps.clock.now(), options.by)
        : fresh(plan, deps.clock.now(), options.by)),
      ...(watched ? { watched } : {}),
    };
    if (unfinished) yield* newTimings(unfinished.plan, plan);
    await lock.save(record);
    if (options.guard) {
      const refusal = yield* startGuard(options.guard, plan, lock, deps, options.lock.identity);
      if (refusal) {
        await lock.release({ record: unfinished });
        throw refusal;
      }
    }
    touched = true;
    yield* startEvents(record, unfinished !== undefined);
    return yield* toTheEnd(lock, deps, options.by);
  } catch (error) {
    // after an error, release the lock and keep the record, so that the next run resumes
    const record = lock.record();
    await lock.release({ record }).catch(() => {});
    if (!record || !touched) throw error;
    return withPromotion(stopped(record, error), record, deps.clock.now());
  }
}

function* startEvents(record: PromotionRecord, isResumed: boolean): Generator<PromotionEvent> {
  const { action, workload: name, namespace, from, to } = record.plan;
  const workload = `deployment/${name}`;
  yield isResumed
    ? { type: 'resumed', workload, to, stage: stageName(record) }
    : { type: 'started', action, workload, namespace, from, to, by: record.by };
  yield* stageEvents(record);
}

type Ready =
  | { plan: Plan; nothingToDo: boolean; unfinished: PromotionRecord | undefined }
  /** The unfinished promotion did not end as it should. */
  | { outcome: Outcome };

/**
 * Deals with an unfinished promotion: resumes it if it is the same release with the same plan, otherwise
 * finishes it first. It goes forward if its release is stable already (the point of no return), else down.
 */
async function* endLeftover(
  spec: PromotionSpec,
  planned: Extract<Planned, { plan: Plan }>,
  lock: Lock,
  deps: Deps,
): AsyncGenerator<PromotionEvent, Ready> {
  const left = lock.record();
  if (!left) return { ...planned, unfinished: undefined };
  if (left.direction === 'up' && isSamePromotion(left.plan, planned.plan))
    return { ...planned, unfinished: left };
  const forward = await isPastReturn(left, deps);
  const what = forward ? 'it is finished first' : 'it is rolled back first';
  yield {
    type: 'note',
    message: `An unfinished promotion of ${left.plan.to} is at "${stageName(left)}": ${what}.`,
  };
  const { outcome } = yield* runLoop(lock, deps, forward ? undefined : endReason(left, spec));
  // an experiment that only had to be cleaned up ends with its own outcome
  const ends = forward
    ? ['promoted']
    : left.plan.strategy === 'experiment'
      ? ['aborted', 'shown']
      : ['aborted'];
  if (!ends.includes(outcome.kind)) return { outcome: withPromotion(outcome, left, deps.clock.now()) };
  return { ...(await planOf(spec, deps, false)), unfinished: undefined };
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
  const [first, ...rest] = planned.refusals;
  if (!first) throw new PromoteError('internal', 'A plan was refused without a reason.');
  const hints = planned.refusals.flatMap(({ hint }) => hint ?? []).join('\n');
  throw new PromoteError(first.code, [first, ...rest].map(({ message }) => message).join('\n'), {
    ...(hints ? { hint: hints } : {}),
  });
}

function endReason(left: PromotionRecord, spec: PromotionSpec): string {
  return left.plan.to === spec.image
    ? `It was started with different settings (release ${spec.image}).`
    : `Another release is being promoted (${spec.image}).`;
}

function stopped(record: PromotionRecord, error: unknown): Outcome {
  return {
    kind: 'stuck',
    reason: `The promotion stopped at "${stageName(record)}": ${messageOf(error)}`,
    hints: [RESUME_OR_ROLL_BACK],
    image: record.plan.to,
  };
}
