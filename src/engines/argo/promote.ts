import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { tryQueries } from '../../analysis/checks/queries.ts';
import { checkAccess } from '../../cluster/access.ts';
import { diffOf } from '../../cluster/diff.ts';
import type { Mirror } from '../../cluster/mirror.ts';
import { nameOf } from '../../cluster/resource.ts';
import { messageOf } from '../../errors.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { startHeartbeat } from '../shared/heartbeat.ts';
import { subjectOf, unjudged } from './analysis.ts';
import { abortedFirst, displace, otherCanary } from './displace.ts';
import { startGuard } from './guard.ts';
import { type Deps, runLoop } from './loop.ts';
import { left, promoted, show, subjectOfOutcome } from './outcomes.ts';
import { stepName } from './progress.ts';
import { rightsOf, TO_BE_GUARDED } from './rights.ts';
import { isObserved, isStable } from './rollout/observed.ts';
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

/** What the user wants, out of settings and release. */
export interface RolloutSpec {
  rollout: string;
  namespace: string;
  /** The Rollout's page in the dashboard, where that is known. */
  page: string | undefined;
  image: string;
  container: string | undefined;
  until: 'paused' | 'healthy';
  promoteFull: boolean;
  timeoutMs: number;
  /** How long a change of the routes is given to be in force. */
  settleMs: number;
  /** Who promotes, for people. */
  by: string;
  /** A rollback takes the whole template of the revision that ran the image, where it is still there. */
  action: 'promote' | 'rollback';
  /** Look, say what would be done, and write nothing. */
  dryRun: boolean;
  /** The Job that aborts when this step is killed; none where it is not wanted. */
  guard: GuardSettings | undefined;
  /** How long the step may be silent before the guard takes it for dead. */
  leaseMs: number;
  /** Of this run alone. */
  identity: string;
}

/**
 * Promotes a release of a Rollout: sets the image where the pods are described, and follows what the controller makes of it. Where the
 * image is there already, it goes on with what it finds: past a gate, from an abort, or beside whoever began it.
 *
 * @throws PromoteError where it is refused; nothing was touched then
 */
export async function* promote(wish: RolloutSpec, deps: Deps): AsyncGenerator<PromotionEvent, Outcome> {
  const { cluster, clock } = deps;
  const mirror = await mirrorOf(cluster, wish.rollout, clock);
  try {
    const seen = takeSnapshot(mirror, wish.rollout);
    const plan = planOf(wish, seen);
    yield {
      type: 'plan',
      title: `Rollout/${wish.rollout} in ${wish.namespace}`,
      lines: [...planLines(plan, seen), ...(wish.page === undefined ? [] : [wish.page])],
    };
    const { checks, prometheus, prometheusRouter } = deps.checks;
    for (const message of unjudged(deps.checks, seen.rollout, wish.namespace))
      yield { type: 'warning', message };
    await tryQueries(checks, subjectOf(seen.rollout, wish.namespace), prometheus, prometheusRouter);
    const found = hasImage(seen, plan.images);
    const other = found ? undefined : otherCanary(seen, plan);
    const now = wantedNow(seen, plan.images);
    if (found && isDone(seen, now)) return alreadyThere(plan, seen);
    const old = wish.action === 'rollback' ? revisionWith(seen, plan.images) : undefined;
    if (wish.dryRun) {
      if (other) yield { type: 'warning', message: abortedFirst(other) };
      if (!found) yield diffEvent(seen, plan, old);
      return shown(plan, found);
    }
    const template = seen.rollout?.spec?.workloadRef ? 'workloadRef' : 'own';
    await checkAccess(cluster, [...rightsOf(template), ...(wish.guard ? TO_BE_GUARDED : [])]);
    yield beginning(wish, plan, found ? phaseOf(seen.rollout ?? {}).message : undefined);
    const { guard, identity, rollout, leaseMs } = wish;
    const heartbeat = guard && (await startHeartbeat(cluster, clock, rollout, identity, leaseMs));
    try {
      if (guard && seen.rollout) {
        const refusal = yield* startGuard(guard, seen.rollout, identity, wish.timeoutMs, deps);
        if (refusal) throw refusal;
      }
      const ended = other && (yield* displace(wish, other, mirror, deps));
      if (ended) return { ...ended, ...subjectOfOutcome(plan) };
      let wanted = now;
      try {
        if (!found) wanted = yield* write(plan, mirror, deps, old);
      } catch (error) {
        if (!other) throw error;
        const why = `${other.image} was aborted, and then: ${messageOf(error)}`;
        return { ...subjectOfOutcome(plan), ...left(plan, why) };
      }
      const course: RunState = { wanted, direction: 'up', found, aborts: 0, since: {} };
      return yield* runLoop(plan, course, mirror, deps);
    } finally {
      // the lease runs out by itself; the guard finds nothing to abort then, or what this step could not end
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

async function* write(plan: Plan, mirror: Mirror, { cluster }: Deps, template: PodTemplateSpec | undefined) {
  const names = Object.keys(plan.images);
  const before = imagesOf(templateOf(takeSnapshot(mirror, plan.rollout)), names);
  const { wanted, object } = await writeTemplate(cluster, mirror, plan.rollout, plan.images, template);
  const message = `${names.join(', ')} ${before} → ${plan.image}`;
  yield { type: 'write', verb: 'update', object, message } satisfies PromotionEvent;
  return wanted;
}

/** What would be written, as a diff. */
export function diffEvent(seen: Snapshot, plan: Plan, template?: PodTemplateSpec): PromotionEvent {
  const write = templateWrite(seen, plan.rollout, plan.images, template);
  const object = nameOf(write.resource, write.object);
  return { type: 'diff', object, verb: write.verb, lines: diffOf(write) };
}

/** What runs before is what is stable: the template may ask for a release that was aborted. */
function planOf(wish: RolloutSpec, seen: Snapshot): Plan {
  const { images, from } = containersFor(seen, wish.image, wish.container);
  const stable = setOf(seen, seen.rollout?.status?.stableRS)?.spec?.template;
  return { ...wish, images, from: imagesOf(stable, Object.keys(images)) || from };
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
    ...(status?.stableRS ? [] : ['its first release: the controller goes through no steps']),
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
    ? 'The template has the image already: it would be gone on with.'
    : `The image would be set to ${plan.image}, and the Rollout followed until it is ${plan.until === 'paused' ? 'paused for a person or ' : ''}Healthy.`;
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
