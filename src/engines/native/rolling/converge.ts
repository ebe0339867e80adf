import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodTemplateSpec } from 'kubernetes-types/core/v1';
import { type KubeObject, pods as podKind, type Resource } from '../../../cluster/resource.ts';
import { withImages } from '../../../workload/canary-copy.ts';
import { imageOf } from '../../../workload/images.ts';
import { resourceOf, type Workload } from '../../../workload/rolling/kinds.ts';
import { templateOf } from '../../../workload/rolling/revisions.ts';
import { type Decision, isStaying, update, waitFor, written } from '../converge/decision.ts';
import { convergeHooks, removeHookJobs } from '../converge/hooks.ts';
import type { Plan } from '../plan/plan.ts';
import type { Stage } from '../plan/stage.ts';
import { leavesNoOldPod, podsAt } from '../plan/strategy/rolling.ts';
import { rollerOf } from './rollers.ts';
import { aroundRelease, living, type RollingSituation, readyOf, type Seen } from './seen.ts';

/** What brings the workload to the state of the stage; undefined if it is there. Pure. */
export function convergeRolling(situation: RollingSituation): Decision | undefined {
  const { record, stage, seen } = situation;
  const { workload } = seen;
  if (isOfJobs(stage)) return convergeHooks(aroundRelease(situation));
  if (!workload || !isStaying(workload)) return undefined;
  if (stage.kind === 'clean-up') return putBack(situation, workload) ?? removeJobs(situation);
  if (stage.kind === 'restore') return record.leave ? undefined : restore(situation, workload);
  if (typeof stage.weight !== 'number' || stage.weight === 0) return undefined;
  return advance(situation, workload, stage.weight);
}

function isOfJobs({ kind }: Stage): boolean {
  return kind === 'before' || kind === 'after' || kind === 'undo';
}

/** The Jobs of a promotion; on the way back these are to be undone before. */
function removeJobs(situation: RollingSituation): Decision | undefined {
  return situation.record.direction === 'up' ? removeHookJobs(aroundRelease(situation)) : undefined;
}

/** Gives the release to the share of the pods, and waits until these are ready. */
function advance(
  { record, stage, seen }: RollingSituation,
  workload: Workload,
  percent: number,
): Decision | undefined {
  const { plan } = record;
  const roller = rollerOf(plan.kind);
  const wanted = roller.wanted(workload);
  const count = podsAt(percent, wanted);
  const share = { count, isAlone: leavesNoOldPod(plan, stage) };
  const object = roller.forward(workload, withRelease(workload, plan), share, seen);
  const write = change(plan, workload, object);
  if (write) return write;
  if (!isSeen(workload)) return waitFor('the controller to see the change');
  const due = roller.due(workload, seen, count);
  if (due.length > 0) return deleted(due, 'is replaced by a pod of the release');
  const ready = readyOf(seen.newPods).length;
  if (ready < count) return waitFor(`${ready} of ${count} pods run ${plan.to} and are ready`);
  if (count < wanted || roller.isComplete(workload, seen)) return undefined;
  const left = seen.oldPods.length;
  return waitFor(left > 0 ? `${left} pods of ${plan.from} to end` : 'the controller to complete the update');
}

/** Gives the workload the template of before, and waits until all of its pods run that. */
function restore({ record, seen }: RollingSituation, workload: Workload): Decision | undefined {
  const { plan } = record;
  const roller = rollerOf(plan.kind);
  if (!isTouched(plan, seen)) return undefined;
  const write = change(plan, workload, roller.back(workload, templateBefore(seen, workload, plan)));
  if (write) return write;
  if (!isSeen(workload)) return waitFor('the controller to see the change');
  const due = roller.dueBack(seen);
  if (due.length > 0) return deleted(due, `is replaced by a pod of ${plan.from}`);
  const left = seen.newPods.length;
  if (left > 0) return waitFor(`${left} ${left === 1 ? 'pod' : 'pods'} of ${plan.to} to be replaced`);
  const wanted = roller.wanted(workload);
  const ready = readyOf(seen.oldPods).length;
  if (ready < wanted && !plan.stableWasIll)
    return waitFor(`${ready} of ${wanted} pods run ${plan.from} and are ready`);
  return undefined;
}

/** Gives the workload its own update strategy again, and lets its controller finish. */
function putBack({ record }: RollingSituation, workload: Workload): Decision | undefined {
  const roller = rollerOf(record.plan.kind);
  const object = roller.release(workload);
  if (object) return change(record.plan, workload, object, 'its own update strategy again');
  const { state, message } = roller.status(workload);
  const isFollowed = record.leave || record.restore === false || record.plan.stableWasIll;
  return state === 'done' || isFollowed ? undefined : waitFor(message);
}

/** Whether anything of the release has come to the workload, or to how it is updated; nothing before the first write. */
export function isTouched(plan: Plan, { workload, newPods }: Pick<Seen, 'workload' | 'newPods'>): boolean {
  if (!workload) return false;
  const isHeld = rollerOf(plan.kind).release(workload) !== undefined;
  return isHeld || imageOf(workload, plan) === plan.to || newPods.length > 0;
}

/**
 * The template of before; the images alone are put back if nothing keeps it any more. A workload that has left the release keeps
 * its template: the API server or a webhook may have filled in more than was written, which must not be written for ever.
 */
function templateBefore({ before }: Pick<Seen, 'before'>, workload: Workload, plan: Plan): PodTemplateSpec {
  const current = workload.spec?.template ?? {};
  if (imageOf(workload, plan) !== plan.to || plan.from === plan.to) return current;
  return (before && templateOf(before)) ?? withImage(current, plan, plan.from);
}

function withRelease(workload: Workload, plan: Plan): PodTemplateSpec {
  return withImage(workload.spec?.template ?? {}, plan, plan.to);
}

/** A template with an image in the containers of the plan. */
export function withImage(
  template: PodTemplateSpec,
  { containers }: Pick<Plan, 'containers'>,
  image: string,
): PodTemplateSpec {
  const images = Object.fromEntries(containers.map((container) => [container, image]));
  return { ...template, spec: withImages(template.spec ?? { containers: [] }, images) };
}

function change(plan: Plan, before: Workload, object: Workload, what?: string): Decision | undefined {
  if (isDeepStrictEqual(before, object)) return undefined;
  const write = update(resourceOf(plan.kind), before, object);
  const [was, is] = [before, object].map((each) => imageOf(each, plan));
  const parts = [
    ...(was === is ? [] : [`${was} → ${is}`]),
    ...(what === undefined ? [rollerOf(plan.kind).describe(object)].filter(Boolean) : [what]),
  ];
  return { do: 'write', writes: [write], events: [written(write, parts.join(', '))] };
}

function deleted(due: readonly Pod[], why: string): Decision {
  const writes = due.map((object) => ({
    verb: 'delete' as const,
    resource: podKind as Resource<KubeObject>,
    object,
  }));
  return { do: 'write', writes, events: writes.map((write) => written(write, why)) };
}

/** Whether the controller has seen the newest form of the workload. */
function isSeen({ metadata, status }: Workload): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

/** The share of the pods that run the release, in percent. */
export function shareOf(seen: Pick<Seen, 'newPods' | 'oldPods'>): number {
  const [fresh, all] = [living(seen.newPods).length, living([...seen.newPods, ...seen.oldPods]).length];
  return all === 0 ? 0 : Math.round((100 * fresh) / all);
}
