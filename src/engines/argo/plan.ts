import type { PodTemplateSpec } from 'kubernetes-types/core/v1';
import { diffOf } from '../../cluster/diff.ts';
import { nameOf } from '../../cluster/resource.ts';
import type { PromotionEvent } from '../../events.ts';
import type { Outcome } from '../../outcome.ts';
import type { GuardSettings } from '../shared/guard-job.ts';
import { promoted, show, subjectOfOutcome } from './outcomes.ts';
import { stepName } from './progress.ts';
import { illStable } from './rollout/observed.ts';
import { imagesOf, type Snapshot, setOf } from './rollout/snapshot.ts';
import { containersFor, templateWrite } from './rollout/template.ts';
import type { Plan } from './run-state.ts';

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
  /** What to do if nothing would notice a bad release. */
  unwatched: 'refuse' | 'allow';
  /** How long the release is judged after it is Healthy, at most. */
  bakeMs: number;
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
 * Plans the promotion. `from` is the stable image, because the template may have that of an aborted release.
 */
export function planOf(spec: RolloutSpec, seen: Snapshot): Plan {
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

/** The plan, for people. */
export function planEvent(
  plan: Plan,
  { rollout }: Snapshot,
  page: string | undefined,
): Extract<PromotionEvent, { type: 'plan' }> {
  const { spec, status } = rollout ?? {};
  const steps = spec?.strategy?.canary?.steps ?? [];
  const where = spec?.workloadRef ? `Deployment/${spec.workloadRef.name}` : 'its own template';
  const way = spec?.strategy?.blueGreen
    ? 'blue-green'
    : `canary: ${steps.map(stepName).join(', ') || 'no steps'}`;
  const lines = [
    `${plan.from} → ${plan.image}, in ${where}`,
    way,
    ...(status?.stableRS ? [] : ['its first release: the controller skips the steps']),
    show(plan),
    ...(page === undefined ? [] : [page]),
  ];
  return { type: 'plan', title: `Rollout/${plan.rollout} in ${plan.namespace}`, lines };
}

/** The diff of the write. */
export function diffEvent(seen: Snapshot, plan: Plan, template?: PodTemplateSpec): PromotionEvent {
  const write = templateWrite(seen, plan.rollout, plan.images, template);
  const object = nameOf(write.resource, write.object);
  return { type: 'diff', object, verb: write.verb, lines: diffOf(write) };
}

/** The outcome of a dry run. */
export function shown(plan: Plan, found: boolean): Outcome {
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

/** The outcome if the release is stable and Healthy already. */
export function alreadyThere(plan: Plan, { rollout }: Snapshot): Outcome {
  const outcome = promoted(plan, rollout ?? {});
  return {
    ...subjectOfOutcome(plan),
    ...outcome,
    reason: `Rollout/${plan.rollout} runs ${plan.image} already: nothing was done.`,
  };
}
