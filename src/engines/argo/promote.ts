import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { tryQueries } from '../../analysis/checks/queries.ts';
import type { RequestSource } from '../../analysis/request-source.ts';
import { checkAccess } from '../../cluster/access.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { EngineContext } from '../shared/context.ts';
import { startHeartbeat } from '../shared/heartbeat.ts';
import { withWatched } from '../shared/prove-watchers.ts';
import { afterPromotion } from './bake/after-promotion.ts';
import { abortedFirst, displace, type OtherCanary, otherCanary } from './displace.ts';
import { startGuard } from './guard.ts';
import { runLoop } from './loop.ts';
import { left, subjectOfOutcome } from './outcomes.ts';
import { alreadyThere, diffEvent, planEvent, planOf, type RolloutSpec, shown } from './plan.ts';
import { stableIllness } from './progress.ts';
import { rightsOf, TO_BE_GUARDED } from './rights.ts';
import { isObserved, isStable, type Wanted } from './rollout/observed.ts';
import { phaseOf } from './rollout/phase.ts';
import { revisionWith, stableTemplate } from './rollout/revision.ts';
import { imagesOf, type Snapshot, takeSnapshot, templateOf } from './rollout/snapshot.ts';
import { hasImage, mirrorOf, wantedNow, writeTemplate } from './rollout/template.ts';
import { newRun, type Plan } from './run-state.ts';
import { type OwnChecks, startOwnChecks } from './watch/own-checks.ts';
import { proveRollout } from './watch/prove.ts';
import { aheadOf } from './watch/rollout-watchers.ts';
import { openRouterSources, type RouterSources } from './watch/sources.ts';
import { isCompared, subjectOf, withoutValue } from './watch/subject.ts';

/**
 * Promotes a release of a Rollout: sets the image in the pod template, and follows the controller. If the
 * template already has the image, it continues from the current state: it passes a gate, retries an aborted
 * release, or follows a promotion that another step started.
 *
 * @throws PromoteError if the promotion is refused; nothing was written then
 */
export async function* promote(
  spec: RolloutSpec,
  deps: EngineContext,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock, analysis } = deps;
  const mirror = await mirrorOf(cluster, spec.rollout, clock);
  let router: RouterSources | undefined;
  try {
    const seen = takeSnapshot(mirror, spec.rollout);
    const plan = planOf(spec, seen);
    yield planEvent(plan, seen, spec.page);
    for (const message of stableIllness(plan, seen)) yield { type: 'warning', message };
    const silent = withoutValue(analysis, seen.rollout);
    if (silent !== undefined) yield { type: 'warning', message: silent };
    const { checks, prometheus, prometheusRouter } = analysis;
    await tryQueries(checks, subjectOf(seen.rollout, spec.namespace), prometheus, prometheusRouter);
    if (hasImage(seen, plan.images) && isDone(seen, wantedNow(seen, plan.images)))
      return alreadyThere(plan, seen);
    const template = seen.rollout?.spec?.workloadRef ? 'workloadRef' : 'own';
    if (!spec.dryRun) {
      await checkAccess(cluster, [...rightsOf(template), ...(spec.guard ? TO_BE_GUARDED : [])]);
    }
    if (isCompared(analysis, seen.rollout, spec.promoteFull))
      router = await openRouterSources(seen.rollout, deps);
    const watched = isProven(spec, seen) ? yield* prove(spec, plan, seen, router, deps) : undefined;
    const release = releaseOf(spec, plan, takeSnapshot(mirror, spec.rollout));
    return withWatched(
      spec.dryRun
        ? yield* rehearse(release, mirror)
        : yield* carryOut(release, mirror, deps, router?.sources ?? []),
      watched,
    );
  } finally {
    for (const source of router?.sources ?? []) source.stop();
    mirror.stop();
  }
}

/** Whether what watches is proven. A first release has nothing to go back to, and a rollback must not wait. */
function isProven({ action }: RolloutSpec, { rollout }: Snapshot): boolean {
  return action === 'promote' && Boolean(rollout?.status?.stableRS);
}

function prove(
  spec: RolloutSpec,
  plan: Plan,
  seen: Snapshot,
  router: RouterSources | undefined,
  deps: EngineContext,
) {
  const found = hasImage(seen, plan.images);
  const ahead = aheadOf(seen.rollout, found, spec.promoteFull);
  // a release that is under way goes on without this step, so a refusal would protect nobody
  const isUnderWay = found && !seen.rollout?.status?.abort;
  const unwatched = isUnderWay ? 'allow' : spec.unwatched;
  return proveRollout({ ...spec, unwatched }, seen, ahead, router, deps);
}

interface Release {
  spec: RolloutSpec;
  plan: Plan;
  /** The canary of another release, which is aborted first. */
  other: OtherCanary | undefined;
  /** The template to start from; undefined for the current one. */
  template: PodTemplateSpec | undefined;
  /** What the controller must have processed, if the template has the image already. */
  wanted: Wanted | undefined;
  /** The template of the release before; undefined if there is none to go back to. */
  before: PodTemplateSpec | undefined;
}

/** What is to be done, from the state after the proof. */
function releaseOf(spec: RolloutSpec, plan: Plan, seen: Snapshot): Release {
  const found = hasImage(seen, plan.images);
  return {
    spec,
    plan,
    other: found ? undefined : otherCanary(seen, plan),
    template: spec.action === 'rollback' ? revisionWith(seen, plan.images) : undefined,
    wanted: found ? wantedNow(seen, plan.images) : undefined,
    before: stableTemplate(seen),
  };
}

function* rehearse(
  { spec, plan, other, template, wanted }: Release,
  mirror: Mirror,
): Generator<PromotionEvent, Outcome> {
  if (other) yield { type: 'warning', message: abortedFirst(other) };
  if (!wanted) yield diffEvent(takeSnapshot(mirror, spec.rollout), plan, template);
  return shown(plan, wanted !== undefined);
}

/** Carries out the release. A heartbeat tells the guard that this step is alive. */
async function* carryOut(
  release: Release,
  mirror: Mirror,
  deps: EngineContext,
  sources: readonly RequestSource[],
): AsyncGenerator<PromotionEvent, Outcome> {
  const { spec, plan, wanted } = release;
  const { guard, identity, rollout, leaseMs, timeoutMs } = spec;
  const seen = takeSnapshot(mirror, rollout);
  yield beginning(spec, plan, wanted && phaseOf(seen.rollout ?? {}).message);
  const heartbeat = guard && (await startHeartbeat(deps.cluster, deps.clock, rollout, identity, leaseMs));
  const own = startOwnChecks(seen, sources, spec, deps);
  try {
    if (guard && seen.rollout) {
      const refusal = yield* startGuard(guard, seen.rollout, identity, timeoutMs, deps);
      if (refusal) throw refusal;
    }
    return yield* follow(release, mirror, deps, own);
  } finally {
    own.stop();
    // without this the lease expires by itself, and the guard aborts only what this step left in progress
    await heartbeat?.stop().catch(() => {});
  }
}

/** Writes the template, and follows the controller. */
async function* follow(
  release: Release,
  mirror: Mirror,
  deps: EngineContext,
  own: OwnChecks,
): AsyncGenerator<PromotionEvent, Outcome> {
  const { spec, plan, other, template, wanted: existing } = release;
  const ended = other && (yield* displace(spec, other, mirror, deps));
  if (ended) return { ...ended, ...subjectOfOutcome(plan) };
  let wanted = existing;
  try {
    wanted ??= yield* write(plan, mirror, deps, template);
  } catch (error) {
    if (!other) throw error;
    const reason = `${other.image} was aborted. Then the step failed: ${messageOf(error)}`;
    return { ...subjectOfOutcome(plan), ...left(plan, reason) };
  }
  const found = existing !== undefined;
  const outcome = yield* runLoop(plan, { ...newRun(wanted), found }, mirror, deps, own);
  // a rollback goes to a release that is known, and must not wait
  if (outcome.kind !== 'promoted' || spec.action === 'rollback') return outcome;
  return yield* afterPromotion(outcome, release, mirror, deps, own);
}

function beginning(
  { action, by }: RolloutSpec,
  { rollout, namespace, from, image }: Plan,
  at: string | undefined,
): PromotionEvent {
  const workload = `rollout/${rollout}`;
  return at === undefined
    ? { type: 'started', action, workload, namespace, from, to: image, by }
    : { type: 'resumed', workload, to: image, stage: at || 'Healthy' };
}

async function* write(
  plan: Plan,
  mirror: Mirror,
  { cluster }: EngineContext,
  template: PodTemplateSpec | undefined,
) {
  const names = Object.keys(plan.images);
  const before = imagesOf(templateOf(takeSnapshot(mirror, plan.rollout)), names);
  const { wanted, object } = await writeTemplate(cluster, mirror, plan.rollout, plan.images, template);
  const message = `${names.join(', ')} ${before} → ${plan.image}`;
  yield { type: 'write', verb: 'update', object, message } satisfies PromotionEvent;
  return wanted;
}

function isDone(seen: Snapshot, wanted: Wanted): boolean {
  const { rollout } = seen;
  return (
    rollout !== undefined &&
    isObserved(seen, wanted) &&
    isStable(rollout) &&
    phaseOf(rollout).name === 'Healthy'
  );
}
