import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { tryQueries } from '../../analysis/checks/queries.ts';
import { checkAccess } from '../../cluster/access.ts';
import { diffOf } from '../../cluster/diff.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { nameOf } from '../../cluster/resource.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { EngineContext } from '../shared/context.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { startHeartbeat } from '../shared/heartbeat.ts';
import { subjectOf, unjudged } from './analysis.ts';
import { abortedFirst, displace, otherCanary } from './displace.ts';
import { startGuard } from './guard.ts';
import { runLoop } from './loop.ts';
import { left, promoted, show, subjectOfOutcome } from './outcomes.ts';
import { stableIllness, stepName } from './progress.ts';
import { rightsOf, TO_BE_GUARDED } from './rights.ts';
import { illStable, isObserved, isStable } from './rollout/observed.ts';
import { phaseOf } from './rollout/phase.ts';
import { revisionWith } from './rollout/revision.ts';
import { imagesOf, type Snapshot, setOf, takeSnapshot, templateOf } from './rollout/snapshot.ts';
import {
  containersFor,
  hasImage,
  mirrorOf,
  templateWrite,
  wantedNow,
  writeTemplate,
} from './rollout/template.ts';
import type { Plan, RunState } from './run-state.ts';

/** The promotion that the user requested, from settings and release. */
export interface RolloutSpec {
  rollout: string;
  namespace: string;
  /** The address of the Rollout's page in the dashboard; undefined if there is no dashboard. */
  page: string | undefined;
  image: string;
  container: string | undefined;
  until: 'paused' | 'healthy';
  promoteFull: boolean;
  timeoutMs: number;
  /** Time for the router to apply a change of weights. */
  settleMs: number;
  /** Who promotes, for display. */
  by: string;
  /** A rollback restores the whole template of the revision that ran the image, if it still exists. */
  action: 'promote' | 'rollback';
  /** Show what the step would do, and write nothing. */
  dryRun: boolean;
  /** The Job that aborts the release if this step is killed; undefined for no guard. */
  guard: GuardSettings | undefined;
  /** Maximum time without a heartbeat before the guard regards the step as dead. */
  leaseMs: number;
  /** Unique to this run. */
  identity: string;
}

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
  const { cluster, clock } = deps;
  const mirror = await mirrorOf(cluster, spec.rollout, clock);
  try {
    const seen = takeSnapshot(mirror, spec.rollout);
    const plan = planOf(spec, seen);
    yield {
      type: 'plan',
      title: `Rollout/${spec.rollout} in ${spec.namespace}`,
      lines: [...planLines(plan, seen), ...(spec.page === undefined ? [] : [spec.page])],
    };
    const { checks, prometheus, prometheusRouter } = deps.analysis;
    const unseen = unjudged(deps.analysis, seen.rollout, spec.namespace);
    for (const message of [...stableIllness(plan, seen), ...unseen]) yield { type: 'warning', message };
    await tryQueries(checks, subjectOf(seen.rollout, spec.namespace), prometheus, prometheusRouter);
    const found = hasImage(seen, plan.images);
    const other = found ? undefined : otherCanary(seen, plan);
    const now = wantedNow(seen, plan.images);
    if (found && isDone(seen, now)) return alreadyThere(plan, seen);
    const old = spec.action === 'rollback' ? revisionWith(seen, plan.images) : undefined;
    if (spec.dryRun) {
      if (other) yield { type: 'warning', message: abortedFirst(other) };
      if (!found) yield diffEvent(seen, plan, old);
      return shown(plan, found);
    }
    const template = seen.rollout?.spec?.workloadRef ? 'workloadRef' : 'own';
    await checkAccess(cluster, [...rightsOf(template), ...(spec.guard ? TO_BE_GUARDED : [])]);
    yield beginning(spec, plan, found ? phaseOf(seen.rollout ?? {}).message : undefined);
    const { guard, identity, rollout, leaseMs } = spec;
    const heartbeat = guard && (await startHeartbeat(cluster, clock, rollout, identity, leaseMs));
    try {
      if (guard && seen.rollout) {
        const refusal = yield* startGuard(guard, seen.rollout, identity, spec.timeoutMs, deps);
        if (refusal) throw refusal;
      }
      const ended = other && (yield* displace(spec, other, mirror, deps));
      if (ended) return { ...ended, ...subjectOfOutcome(plan) };
      let wanted = now;
      try {
        if (!found) wanted = yield* write(plan, mirror, deps, old);
      } catch (error) {
        if (!other) throw error;
        const reason = `${other.image} was aborted. Then the step failed: ${messageOf(error)}`;
        return { ...subjectOfOutcome(plan), ...left(plan, reason) };
      }
      const state: RunState = { wanted, direction: 'up', found, aborts: 0, since: {} };
      return yield* runLoop(plan, state, mirror, deps);
    } finally {
      // without this the lease expires by itself, and the guard aborts only what this step left in progress
      await heartbeat?.stop().catch(() => {});
    }
  } finally {
    mirror.stop();
  }
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

/** The diff of the write. */
export function diffEvent(seen: Snapshot, plan: Plan, template?: PodTemplateSpec): PromotionEvent {
  const write = templateWrite(seen, plan.rollout, plan.images, template);
  const object = nameOf(write.resource, write.object);
  return { type: 'diff', object, verb: write.verb, lines: diffOf(write) };
}

/**
 * Plans the promotion. `from` is the stable image, because the template may have that of an aborted release.
 */
function planOf(spec: RolloutSpec, seen: Snapshot): Plan {
  const { images, from } = containersFor(seen, spec.image, spec.container);
  const stable = setOf(seen, seen.rollout?.status?.stableRS)?.spec?.template;
  const before = illStable(seen);
  return {
    ...spec,
    images,
    from: imagesOf(stable, Object.keys(images)) || from,
    ...(before === undefined ? {} : { stableBefore: before }),
  };
}

function planLines(plan: Plan, { rollout }: Snapshot): string[] {
  const { spec, status } = rollout ?? {};
  const steps = spec?.strategy?.canary?.steps ?? [];
  const where = spec?.workloadRef ? `Deployment/${spec.workloadRef.name}` : 'its own template';
  const way = spec?.strategy?.blueGreen
    ? 'blue-green'
    : `canary: ${steps.map(stepName).join(', ') || 'no steps'}`;
  return [
    `${plan.from} → ${plan.image}, in ${where}`,
    way,
    ...(status?.stableRS ? [] : ['its first release: the controller skips the steps']),
    show(plan),
  ];
}

function isDone(seen: Snapshot, wanted: RunState['wanted']): boolean {
  const { rollout } = seen;
  return (
    rollout !== undefined &&
    isObserved(seen, wanted) &&
    isStable(rollout) &&
    phaseOf(rollout).name === 'Healthy'
  );
}

function shown(plan: Plan, found: boolean): Outcome {
  const what = found
    ? 'The template already has the image. The step would follow the Rollout.'
    : `The step would set the image to ${plan.image}, and follow the Rollout until it is ${plan.until === 'paused' ? 'paused for a person or ' : ''}Healthy.`;
  return {
    ...subjectOfOutcome(plan),
    kind: 'shown',
    reason: `${what} Nothing was written: this was a dry run.`,
    hints: [],
    image: plan.image,
  };
}

function alreadyThere(plan: Plan, { rollout }: Snapshot): Outcome {
  const outcome = promoted(plan, rollout ?? {});
  return {
    ...subjectOfOutcome(plan),
    ...outcome,
    reason: `Rollout/${plan.rollout} runs ${plan.image} already: nothing was done.`,
  };
}
