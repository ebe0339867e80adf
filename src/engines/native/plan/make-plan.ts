import type { Deployment } from 'kubernetes-types/apps/v1';
import { podTarget } from '../../../analysis/source/pod-metrics.ts';
import type { Refusal } from '../../../errors.ts';
import type { ServicePair, TrafficRouter } from '../../../traffic/router.ts';
import { BASELINE, ROLE_LABEL } from '../../../workload/baseline-copy.ts';
import type { SplitLabel } from '../../../workload/canary-copy.ts';
import { containersFor } from '../../../workload/containers-for.ts';
import { baselineName, canaryName } from '../../../workload/names.ts';
import { autoscalerFor } from '../../../workload/relations.ts';
import { describePlan } from './describe-plan.ts';
import type { Inventory } from './inventory.ts';
import { noSuch } from './no-such.ts';
import type { Baseline, Plan } from './plan.ts';
import { managedBy, preflightFaults } from './preflight.ts';
import { splitFor } from './services.ts';
import type { PromotionSpec } from './spec.ts';

export type Planned =
  | {
      plan: Plan;
      warnings: string[];
      lines: string[];
      nothingToDo: boolean;
      /** What it was made from. */
      inventory: Inventory;
    }
  | { refusals: Refusal[] };

/** Makes the plan, or gives all reasons to refuse it. Pure. @param routers those that may split, the first that leads to the Services is taken */
export function makePlan(
  wish: PromotionSpec,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): Planned {
  const deployment = inventory.deployments.find((each) => each.metadata?.name === wish.workload);
  if (!deployment) return { refusals: [noSuch('Deployment', wish, inventory.deployments)] };
  const where = `Deployment/${wish.workload}`;
  const containers = containersFor(deployment.spec?.template, where, wish.image, wish.container);
  if ('misfit' in containers) return { refusals: [{ code: 'container', ...containers.misfit }] };
  const base = basePlan(wish, deployment, containers, routers);
  const nothingToDo = containers.from === wish.image;
  const warnings = [
    ...managedBy(deployment),
    ...inventory.unread.map((what) => `The credentials may not read ${what}: not looked at.`),
  ];
  const atOnce = (refusals: Refusal[]): Planned =>
    refusals.length > 0
      ? { refusals }
      : {
          plan: base,
          warnings,
          lines: describePlan(base, deployment, undefined),
          nothingToDo,
          inventory,
        };
  if (wish.steps.length === 0) return atOnce(preflightFaults(wish, deployment, inventory, undefined));
  const split = splitFor(wish, deployment, inventory, routers);
  const refusals = [
    ...preflightFaults(wish, deployment, inventory, split.router),
    ...beyondAbility(wish, split.router),
    ...uncountable(wish, deployment),
    ...split.refusals,
  ];
  if (refusals.length > 0 || !split.label) return nothingToDo ? atOnce([]) : { refusals };
  const autoscaler =
    wish.finish === 'shift' && wish.strategy === 'canary' ? autoscalerOf(wish, inventory) : undefined;
  const plan: Plan = {
    ...base,
    label: split.label,
    router: split.router.name,
    services: split.services,
    routes: split.routes,
    ...(autoscaler ? { autoscaler } : {}),
    ...(wish.strategy === 'experiment' ? { strategy: 'experiment' } : {}),
    ...baselineOf(wish, split.label, split.services),
    ...(wish.jobs.length > 0 ? { jobs: wish.jobs } : {}),
  };
  return {
    plan,
    warnings: [...warnings, ...split.warnings, ...stayingWarning(plan, split.staying)],
    lines: describePlan(plan, deployment, split.router, split.staying.length > 0),
    nothingToDo,
    inventory,
  };
}

/** Whose requests the weight does not move, and what that means for them. */
function stayingWarning({ finish }: Plan, staying: readonly string[]): string[] {
  if (staying.length === 0) return [];
  const whose = staying.join('; ');
  return finish === 'shift'
    ? [
        `Some users stay on stable at any weight, and meet its rolling update: ${whose}. Apps that do not drain at SIGTERM lose requests of theirs then.`,
      ]
    : [`Some users stay on stable at any weight: ${whose}.`];
}

/** What is asked of the router that it cannot do. */
function beyondAbility({ steps, steer }: PromotionSpec, { name, ability }: TrafficRouter): Refusal[] {
  const part = steps.find((step) => step.kind === 'weight' && step.weight > 0 && step.weight < 100);
  const { header, cookie } = steer ?? {};
  const asked = [
    ...(header ? [header.pattern === undefined ? ('header' as const) : ('header_pattern' as const)] : []),
    ...(cookie === undefined ? [] : ['cookie' as const]),
  ];
  return [
    ...(ability.weights === 'all' && part?.kind === 'weight'
      ? [
          {
            code: 'router',
            message: `\`steps\` has ${part.weight} %, and the router "${name}" can only switch all users at once.`,
            hint: 'Write `steps: [100% 5m]`.',
          } as const,
        ]
      : []),
    ...asked
      .filter((each) => !ability.steer.includes(each))
      .map(
        (each): Refusal => ({
          code: 'router',
          message: `\`${each}\` is set, and the router "${name}" cannot send requests to the canary by a ${each}.`,
          hint: `Remove \`${each}\`.`,
        }),
      ),
  ];
}

/** A baseline stands behind stable's Services: only the pods' own counters tell it from stable, and without them nothing would be judged. */
function uncountable(
  { strategy, baseline, workload, metricsPort }: PromotionSpec,
  { spec }: Deployment,
): Refusal[] {
  if (strategy === 'experiment' || !baseline || podTarget(spec?.template ?? {}, metricsPort)) return [];
  return [
    {
      code: 'baseline',
      message: `\`baseline: true\` compares by the pods' own counters, and the pods of Deployment/${workload} do not say where their metrics are.`,
      hint: 'Set `metrics_port`, or the annotations prometheus.io/scrape: "true" and prometheus.io/port on the pods.',
    },
  ];
}

/** The copy of stable: behind stable's Services, with their users; or, where there are none, behind its own. */
function baselineOf(
  { workload, strategy, baseline }: PromotionSpec,
  { key, stable }: SplitLabel,
  services: readonly ServicePair[],
): { baseline?: Baseline } {
  const deployment = baselineName(workload, 63);
  if (strategy === 'experiment') {
    return {
      baseline: {
        deployment,
        label: { key, value: baselineName(stable, 63) },
        services: services.map((pair) => ({ stable: pair.stable, baseline: baselineName(pair.stable, 63) })),
      },
    };
  }
  return baseline
    ? { baseline: { deployment, label: { key: ROLE_LABEL, value: BASELINE }, services: [] } }
    : {};
}

/** What scales the workload: it would see no load while the canary carries all users, and scale stable down just before they return. */
function autoscalerOf(wish: PromotionSpec, { autoscalers }: Inventory): { name: string } | undefined {
  const found = autoscalerFor(wish.workload, autoscalers);
  return found && { name: found.metadata?.name ?? '' };
}

function basePlan(
  wish: PromotionSpec,
  deployment: Deployment,
  chosen: { names: string[]; from: string },
  [router]: readonly TrafficRouter[],
): Plan {
  return {
    action: wish.action,
    namespace: wish.namespace,
    workload: wish.workload,
    canary: canaryName(wish.workload, 63),
    containers: chosen.names,
    from: chosen.from,
    to: wish.image,
    label: anyLabel(deployment),
    ...(router ? { router: router.name } : {}),
    services: [],
    routes: [],
    steps: wish.steps,
    ...(wish.firstContact && wish.strategy === 'canary' ? { firstContact: wish.firstContact } : {}),
    finish: wish.finish,
    settleMs: wish.settleMs,
    drainMs: wish.drainMs,
    timeoutMs: wish.timeoutMs,
    ...(wish.requireEvidence ? { requireEvidence: true } : {}),
    ...(wish.steer && wish.strategy === 'canary' ? { steer: wish.steer } : {}),
  };
}

/** Some label of the pods, for a plan that splits nothing. */
function anyLabel(deployment: Deployment): SplitLabel {
  const labels = { ...deployment.spec?.template.metadata?.labels, ...deployment.spec?.selector.matchLabels };
  const [key = '', stable = ''] = Object.entries(labels)[0] ?? [];
  return { key, stable, canary: canaryName(stable, 63) };
}
