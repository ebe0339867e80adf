import type { Pod } from 'kubernetes-types/core/v1';
import type { Cluster } from '../../../cluster/client.ts';
import * as kinds from '../../../cluster/resource.ts';
import type { Refusal } from '../../../errors.ts';
import { containersFor } from '../../../workload/containers-for.ts';
import { isReady } from '../../../workload/pods/readiness.ts';
import { isPodOfWorkload, resourceOf, titleOf, type Workload } from '../../../workload/rolling/kinds.ts';
import {
  currentRevision,
  hashOfPod,
  hashOfRevision,
  type Revision,
  revisionsOf,
  sameTemplate,
  selectorOf,
  templateOf,
} from '../../../workload/rolling/revisions.ts';
import { hookLines, hookRefusals, plannedHooks } from '../plan/hooks/planned-hooks.ts';
import type { Plan } from '../plan/plan.ts';
import type { PromotionSpec } from '../plan/spec.ts';
import { anyLabel } from '../plan/split/label.ts';
import { managedBy } from '../plan/split/managers.ts';
import { podsAt } from '../plan/strategy/rolling.ts';
import { stepText } from '../plan/strategy/step-text.ts';
import { withImage } from './converge.ts';
import { refusalsOf } from './preflight.ts';
import { rollerOf } from './rollers.ts';
import { living } from './seen.ts';

/** What the plan of a rolling update is made from. */
export interface RollingInventory {
  /** All workloads of the kind. */
  workloads: readonly Workload[];
  revisions: readonly Revision[];
  /** The pods of the workload. */
  pods: readonly Pod[];
}

/** The plan, or the reasons to refuse it. */
export type RollingPlanned =
  | { plan: Plan; warnings: string[]; lines: string[]; nothingToDo: boolean; inventory: RollingInventory }
  | { refusals: Refusal[] };

/** Reads what the plan of a rolling update is made from. */
export async function readRollingInventory(cluster: Cluster, spec: PromotionSpec): Promise<RollingInventory> {
  const { items: workloads } = await cluster.list(resourceOf(spec.kind));
  const found = workloads.find(({ metadata }) => metadata?.name === spec.workload);
  if (!found) return { workloads, revisions: [], pods: [] };
  const labelSelector = selectorOf(found);
  const [revisions, pods] = await Promise.all([
    cluster.list(revisionsOf(spec.kind), { labelSelector }),
    cluster.list(kinds.pods, { labelSelector }),
  ]);
  return {
    workloads,
    revisions: revisions.items,
    pods: pods.items.filter((pod) => isPodOfWorkload(pod, spec)),
  };
}

/**
 * Makes the plan of a rolling update, or gives all reasons to refuse it. Pure. A workload without any ready pod serves
 * nobody, so all of its pods get the release at once.
 *
 * @param isOpen whether a promotion of the workload has not ended
 */
export function makeRollingPlan(
  wanted: PromotionSpec,
  inventory: RollingInventory,
  isOpen: boolean,
): RollingPlanned {
  const workload = inventory.workloads.find(({ metadata }) => metadata?.name === wanted.workload);
  if (!workload) return { refusals: [noSuch(wanted, inventory)] };
  const containers = containersFor(workload.spec?.template, titleOf(wanted), wanted.image, wanted.container);
  if ('misfit' in containers) return { refusals: [{ code: 'container', ...containers.misfit }] };
  const roller = rollerOf(wanted.kind);
  const revision = currentRevision(workload, inventory.revisions);
  const hasImage = containers.from === wanted.image;
  const isUnfinished = hasImage && !isOpen && roller.status(workload).state !== 'done';
  const isDown = !isOpen && !living(inventory.pods).some(isReady);
  const isIll = isUnfinished || isDown;
  // an unfinished promotion has noted the revision of before, and the newest one may not be there yet
  const refusals = [
    ...refusalsOf(wanted, workload, isOpen || revision !== undefined),
    ...hookRefusals(wanted, workload),
  ];
  if (refusals.length > 0) return { refusals };
  const hash = revision ? hashOfRevision(wanted.kind, revision) : '';
  const others = othersBefore(wanted, workload, inventory, [hash], containers.names);
  const plan: Plan = {
    action: wanted.action,
    namespace: wanted.namespace,
    ...(wanted.kind === 'Deployment' ? {} : { kind: wanted.kind }),
    workload: wanted.workload,
    canary: '',
    containers: containers.names,
    from: containers.from,
    to: wanted.image,
    label: anyLabel(workload),
    services: [],
    routes: [],
    steps: isIll ? [] : wanted.steps,
    strategy: 'rolling',
    // those of a release that is there have run with it
    ...(hasImage && !isOpen ? {} : plannedHooks(wanted)),
    before: { revision: revision?.metadata?.name ?? '', hash, ...(others.length > 0 ? { others } : {}) },
    finish: 'roll',
    settleMs: wanted.settleMs,
    drainMs: wanted.drainMs,
    timeoutMs: wanted.timeoutMs,
    ...(isIll ? { stableWasIll: true } : {}),
    ...(wanted.requireEvidence ? { requireEvidence: true } : {}),
  };
  return {
    plan,
    warnings: [
      ...illness(plan, roller.wanted(workload), inventory.pods),
      ...managedBy(workload, titleOf(wanted)),
    ],
    lines: describeRolling(plan, roller.wanted(workload)),
    nothingToDo: hasImage && !isUnfinished,
    inventory,
  };
}

/** The revisions of the pods that are neither of the template as it is now nor of the release. */
function othersBefore(
  { kind, image }: PromotionSpec,
  workload: Workload,
  { pods, revisions }: RollingInventory,
  known: readonly string[],
  containers: readonly string[],
): string[] {
  const template = withImage(workload.spec?.template ?? {}, { containers }, image);
  // an earlier try may have left pods of the release
  const ofRelease = revisions
    .filter((revision) => sameTemplate(templateOf(revision), template))
    .map((revision) => hashOfRevision(kind, revision));
  const hashes = new Set(pods.map((pod) => hashOfPod(kind, pod)));
  return [...hashes].filter((each) => !known.includes(each) && !ofRelease.includes(each));
}

function noSuch({ kind, workload, namespace }: PromotionSpec, { workloads }: RollingInventory): Refusal {
  const names = workloads.map(({ metadata }) => metadata?.name).join(', ') || 'none';
  return {
    code: 'workload',
    message: `There is no ${kind}/${workload}.`,
    hint: `${kind}s in namespace ${namespace}: ${names}.`,
  };
}

/** Warns about pods that do not serve before anything is touched. */
function illness(plan: Plan, wanted: number, pods: readonly Pod[]): string[] {
  const ready = living(pods).filter(isReady).length;
  if (ready >= wanted || plan.from === plan.to) return [];
  const title = titleOf(plan);
  if (plan.stableWasIll)
    return [`${title} has no ready pod, so nobody is served: all of its pods get the release at once.`];
  return [`${title} has ${ready} of ${wanted} pods ready before the promotion.`];
}

const HOW: Readonly<Record<string, string>> = {
  Deployment: 'one more pod than before, an old one ends when a new one is ready',
  StatefulSet: 'by its partition, from the highest ordinal down',
  DaemonSet: 'one node after another; its updateStrategy is OnDelete for that time',
};

/** The plan as lines of the log. */
function describeRolling(plan: Plan, wanted: number): string[] {
  if (plan.from === plan.to) return [plan.to, 'the workload has this image already; its rollout is followed'];
  const steps = plan.steps.map((step) =>
    stepText(step, step.kind === 'weight' ? `${podsAt(step.weight, wanted)} of ${wanted} pods` : ''),
  );
  return [
    `${plan.from} → ${plan.to}`,
    steps.length === 0 ? 'steps: all pods at once' : `steps: ${steps.join(', ')}`,
    ...hookLines(plan),
    `rolling: ${HOW[plan.kind ?? 'Deployment']}`,
    `back: the template of ${plan.before?.revision}, on every pod`,
  ];
}
