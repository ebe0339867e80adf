import type { Deployment } from 'kubernetes-types/apps/v1';
import type { Refusal } from '../../../errors.ts';
import type { TrafficRouter } from '../../../traffic/router.ts';
import { containersFor } from '../../../workload/containers-for.ts';
import { canaryName, LONGEST_POD_OWNER } from '../../../workload/names.ts';
import { isDown, rolloutStatus } from '../../../workload/rollout-status.ts';
import { describePlan, stayingWarning } from './describe-plan.ts';
import { chooseFinish } from './finish/choose.ts';
import { paceFor, paceOfAll, unretried } from './finish/pace.ts';
import { describeFollowers, orderOf, planFollowers } from './followers/make-followers.ts';
import { plannedHooks } from './hooks/planned-hooks.ts';
import type { Inventory } from './inventory.ts';
import type { Plan } from './plan.ts';
import { preflightFaults, stableIllness } from './preflight.ts';
import { whyWithoutRoutes } from './routing.ts';
import { noSuch, splitFor } from './services.ts';
import type { PromotionSpec } from './spec.ts';
import { beyondAbility, mirrorRefusals, uncountable } from './split/ability.ts';
import { baselineOf } from './split/baseline.ts';
import { emptyServiceTiming, heldWarning } from './split/empty-services.ts';
import { anyLabel } from './split/label.ts';
import { autoscalerOwners, heldAutoscaler, managedBy } from './split/managers.ts';
import { plannedPreview, previewRefusals } from './split/preview.ts';
import { beyondPods, podShares } from './split/shares.ts';

export type Planned =
  | {
      plan: Plan;
      warnings: string[];
      lines: string[];
      nothingToDo: boolean;
      /** What the plan was made from. */
      inventory: Inventory;
    }
  | { refusals: Refusal[] };

/**
 * Makes the plan, or gives all reasons to refuse it. Pure. If stable has no available pod, or has the image
 * already and is being rolled out, the release is rolled out without a canary.
 *
 * @param routers the routers that may split; the plan takes the first one that sends to the Services
 * @param isOpen whether a promotion of the workload has not ended
 */
export function makePlan(
  wanted: PromotionSpec,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
  isOpen = false,
): Planned {
  const deployment = inventory.deployments.find((each) => each.metadata?.name === wanted.workload);
  if (!deployment) return { refusals: [noSuch('Deployment', wanted, inventory.deployments)] };
  const where = `Deployment/${wanted.workload}`;
  const containers = containersFor(deployment.spec?.template, where, wanted.image, wanted.container);
  if ('misfit' in containers) return { refusals: [{ code: 'container', ...containers.misfit }] };
  const hasImage = containers.from === wanted.image;
  const isUnfinished = hasImage && !isOpen && rolloutStatus(deployment).state !== 'done';
  const isIll = isUnfinished || isDown(deployment);
  const { followers, ...others } = planFollowers(wanted, inventory);
  if (others.refusals.length > 0) return { refusals: [...others.refusals] };
  // only the followers are to be updated
  const isThere = hasImage && !isOpen && !isUnfinished && !others.areThere;
  const atOnceOnly = isThere || (isIll && wanted.strategy !== 'experiment');
  // its Jobs have run with the workload that has it
  const given = isUnfinished || isThere ? { ...wanted, before: [], after: [] } : wanted;
  const spec = atOnceOnly ? { ...given, steps: [] } : given;
  const base: Plan = {
    ...basePlan(spec, deployment, containers, routers),
    ...(followers.length > 0 ? { followers, ...orderOf(spec) } : {}),
    ...(isIll ? { stableWasIll: true } : {}),
    ...(isIll || isThere ? {} : atOncePace(spec, deployment, inventory, routers)),
  };
  const nothingToDo = hasImage && !isUnfinished && others.areThere;
  const warnings = [
    ...(hasImage || wanted.steps.length === 0 || wanted.strategy === 'experiment'
      ? []
      : stableIllness(deployment)),
    ...managedBy(deployment),
    ...others.warnings,
    ...inventory.unread.map((what) => `The credentials may not read ${what}.`),
  ];
  const atOnce = (refusals: Refusal[]): Planned =>
    refusals.length > 0
      ? { refusals }
      : {
          plan: base,
          warnings,
          lines: [...describePlan(base, deployment, undefined), ...describeFollowers(base, inventory)],
          nothingToDo,
          inventory,
        };
  if (spec.steps.length === 0) return atOnce(preflightFaults(spec, deployment, inventory, undefined));
  const split = splitFor(spec, deployment, inventory, routers);
  const refusals = [
    ...preflightFaults(spec, deployment, inventory, split.router),
    ...beyondAbility(spec, split.router),
    ...mirrorRefusals(spec, split, inventory),
    ...previewRefusals(spec, split, inventory.routes),
    ...beyondPods(spec, split.router, deployment),
    ...uncountable(spec, deployment),
    ...split.refusals,
  ];
  const { choice } = split;
  const baseline = choice && baselineOf(spec, choice, split.services);
  const chosen = chooseFinish(spec, { ...base, ...baseline }, deployment, inventory, isOpen || hasImage);
  refusals.push(...chosen.refusals);
  if (refusals.length > 0 || !choice) return nothingToDo ? atOnce([]) : { refusals };
  const byPods = podShares(spec, split.router, deployment);
  const isAway = byPods.sharesByPods || (chosen.finish !== 'roll' && spec.strategy !== 'experiment');
  const autoscaler = isAway ? heldAutoscaler(spec.workload, inventory) : undefined;
  const previewed = plannedPreview(spec, split, inventory.routes);
  const plan: Plan = {
    ...base,
    ...previewed.preview,
    label: choice.label,
    router: split.router.name,
    services: split.services,
    routes: split.routes,
    ...byPods,
    ...emptyServiceTiming(spec, split),
    ...(split.policies.length > 0 ? { policies: split.policies } : {}),
    ...(autoscaler ? { autoscaler } : {}),
    ...(spec.strategy === 'canary' ? {} : { strategy: spec.strategy }),
    ...baseline,
    ...(spec.jobs.length > 0 ? { jobs: spec.jobs } : {}),
    finish: chosen.finish,
    ...(spec.finish === 'auto' ? { finishIsFree: true } : {}),
  };
  if (plan.finish === 'pace') plan.pace = paceFor(plan, split.router, deployment, inventory, spec.settleMs);
  return {
    plan,
    warnings: [
      ...warnings,
      ...split.warnings,
      ...(chosen.warnings ?? []),
      ...previewed.warnings,
      ...stayingWarning(plan, split.staying),
      ...unretried(split.router, plan, inventory),
      ...heldWarning(plan, split.router),
      ...(isAway ? autoscalerOwners(spec.workload, inventory) : []),
    ],
    lines: [
      ...describePlan(plan, deployment, split.router, split.staying.length > 0, chosen.why),
      ...previewed.lines,
      ...describeFollowers(plan, inventory),
      ...whyWithoutRoutes(split.router, spec, routers),
    ],
    nothingToDo,
    inventory,
  };
}

function basePlan(
  spec: PromotionSpec,
  deployment: Deployment,
  chosen: { names: string[]; from: string },
  [router]: readonly TrafficRouter[],
): Plan {
  return {
    action: spec.action,
    namespace: spec.namespace,
    workload: spec.workload,
    canary: canaryName(spec.workload, LONGEST_POD_OWNER),
    containers: chosen.names,
    from: chosen.from,
    to: spec.image,
    label: anyLabel(deployment),
    ...(router ? { router: router.name } : {}),
    services: [],
    routes: [],
    steps: spec.steps,
    ...plannedHooks(spec),
    ...(spec.firstContact && spec.strategy === 'canary' ? { firstContact: spec.firstContact } : {}),
    ...(spec.mirror && spec.strategy === 'canary' && spec.steps.length > 0 ? { mirror: spec.mirror } : {}),
    finish: spec.finish === 'auto' ? 'shift' : spec.finish,
    settleMs: spec.settleMs,
    drainMs: spec.drainMs,
    timeoutMs: spec.timeoutMs,
    ...(spec.requireEvidence ? { requireEvidence: true } : {}),
    ...(spec.steer && spec.strategy !== 'experiment' ? { steer: spec.steer } : {}),
  };
}

/** An update without steps goes at the pace of the router if the settings say so. */
function atOncePace(
  spec: PromotionSpec,
  deployment: Deployment,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): Partial<Pick<Plan, 'pace' | 'label'>> {
  const isPaced = spec.steps.length === 0 && spec.finish === 'pace';
  const pace = isPaced ? paceOfAll(spec, deployment, inventory, routers) : undefined;
  return pace && deployment.spec?.strategy?.type !== 'Recreate' ? pace : {};
}
