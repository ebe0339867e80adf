import type { Pod } from 'kubernetes-types/core/v1';
import type { Assessment } from '../../../analysis/assessment.ts';
import type { ObjectSource } from '../../../cluster/object-source.ts';
import * as kinds from '../../../cluster/resource.ts';
import { isReady } from '../../../workload/pods/readiness.ts';
import { isPodOfWorkload, resourceOf, type Workload } from '../../../workload/rolling/kinds.ts';
import { hashOfPod, type Revision, revisionsOf } from '../../../workload/rolling/revisions.ts';
import { isStaying } from '../converge/decision.ts';
import type { HookSituation } from '../observe/situation.ts';
import type { HookJob } from '../observe/snapshot.ts';
import type { Plan } from '../plan/plan.ts';
import type { AbortRequest, PromotionRecord } from '../plan/record.ts';
import type { Stage } from '../plan/stage.ts';

/** The state of a workload that is rolled, at one moment, and what was measured. */
export interface Seen {
  workload: Workload | undefined;
  /** What keeps the template of before. */
  before: Revision | undefined;
  /** The pods that run the release, and all others; those that end are among them. */
  newPods: readonly Pod[];
  oldPods: readonly Pod[];
  /** The Jobs around the release; empty if the plan has none. */
  hooks: readonly HookJob[];
  /** The name of an undo's Job whose work a person says to have done. */
  undone?: string | undefined;
  /** What was measured of the new pods beside the old ones; undefined if nothing watches. */
  assessment: Assessment | undefined;
  /** A request to roll back. */
  request: AbortRequest | undefined;
}

/** What the loop knows at one moment, and the stage that the rules apply to. */
export interface RollingSituation {
  record: PromotionRecord;
  stage: Stage;
  seen: Seen;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Finds the workload of the plan, the revision of before, and the pods of both versions. */
export function findSeen(
  source: ObjectSource,
  plan: Plan,
): Pick<Seen, 'workload' | 'before' | 'newPods' | 'oldPods'> {
  const { kind = 'Deployment', workload, before } = plan;
  const named = <T extends kinds.KubeObject>(objects: readonly T[], name: string | undefined) =>
    objects.find(({ metadata }) => metadata?.name === name);
  const pods = source.all(kinds.pods).filter((pod) => isPodOfWorkload(pod, { kind, workload }));
  const isNew = (pod: Pod) => runsRelease(plan, hashOfPod(kind, pod));
  return {
    workload: named(source.all(resourceOf(kind)), workload),
    before: named(source.all(revisionsOf(kind)), before?.revision),
    newPods: pods.filter(isNew),
    oldPods: pods.filter((pod) => !isNew(pod)),
  };
}

/** The situation as the rules about Jobs around a release read it. */
export function aroundRelease({ record, stage, seen, now }: RollingSituation): HookSituation {
  const { hooks, undone, workload } = seen;
  return { record, stage, now, snapshot: { hooks, undone, stable: workload } };
}

/** Whether a pod with that hash runs the release: its revision is none of those that were there before. */
function runsRelease({ from, to, before }: Plan, hash: string): boolean {
  // the template had the release already, and its pods are being made
  if (from === to) return hash === before?.hash;
  return hash !== before?.hash && !before?.others?.includes(hash);
}

/** The pods that nobody has deleted. */
export function living(pods: readonly Pod[]): Pod[] {
  return pods.filter(isStaying);
}

/** The living pods that are ready. */
export function readyOf(pods: readonly Pod[]): Pod[] {
  return living(pods).filter(isReady);
}

/** The living pods that are not ready. */
export function unready(pods: readonly Pod[]): Pod[] {
  return living(pods).filter((pod) => !isReady(pod));
}
