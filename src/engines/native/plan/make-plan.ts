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
      /** What the plan was made from. */
      inventory: Inventory;
    }
  | { refusals: Refusal[] };

/**
 * Makes the plan, or gives all reasons to refuse it. Pure.
 *
 * @param routers the routers that may split; the plan takes the first one that sends to the Services
 */
export function makePlan(
  spec: PromotionSpec,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): Planned {
  const deployment = inventory.deployments.find((each) => each.metadata?.name === spec.workload);
  if (!deployment) return { refusals: [noSuch('Deployment', spec, inventory.deployments)] };
  const where = `Deployment/${spec.workload}`;
  const containers = containersFor(deployment.spec?.template, where, spec.image, spec.container);
  if ('misfit' in containers) return { refusals: [{ code: 'container', ...containers.misfit }] };
  const base = basePlan(spec, deployment, containers, routers);
  const nothingToDo = containers.from === spec.image;
  const warnings = [
    ...managedBy(deployment),
    ...inventory.unread.map((what) => `The credentials may not read ${what}.`),
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
  if (spec.steps.length === 0) return atOnce(preflightFaults(spec, deployment, inventory, undefined));
  const split = splitFor(spec, deployment, inventory, routers);
  const refusals = [
    ...preflightFaults(spec, deployment, inventory, split.router),
    ...beyondAbility(spec, split.router),
    ...uncountable(spec, deployment),
    ...split.refusals,
  ];
  if (refusals.length > 0 || !split.label) return nothingToDo ? atOnce([]) : { refusals };
  const autoscaler =
    spec.finish === 'shift' && spec.strategy === 'canary' ? autoscalerOf(spec, inventory) : undefined;
  const plan: Plan = {
    ...base,
    label: split.label,
    router: split.router.name,
    services: split.services,
    routes: split.routes,
    ...(autoscaler ? { autoscaler } : {}),
    ...(spec.strategy === 'experiment' ? { strategy: 'experiment' } : {}),
    ...baselineOf(spec, split.label, split.services),
    ...(spec.jobs.length > 0 ? { jobs: spec.jobs } : {}),
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
        `Some users stay on stable at any weight, and meet its rolling update: ${whose}. An app that drops its requests at SIGTERM loses requests of theirs then.`,
      ]
    : [`Some users stay on stable at any weight: ${whose}.`];
}

/** What the settings ask of the router, although it cannot do that. */
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
            message: `\`steps\` has ${part.weight} %, but the router "${name}" can only switch all users at once.`,
            hint: 'Write `steps: [100% 5m]`.',
          } as const,
        ]
      : []),
    ...asked
      .filter((each) => !ability.steer.includes(each))
      .map(
        (each): Refusal => ({
          code: 'router',
          message: `\`${each}\` is set, but the router "${name}" cannot send requests to the canary by a ${each}.`,
          hint: `Remove \`${each}\`.`,
        }),
      ),
  ];
}

/**
 * A refusal if the pods of a baseline have no counters of their own. They are behind stable's Services, so
 * only these counters distinguish them from stable.
 */
function uncountable(
  { strategy, baseline, workload, metricsPort }: PromotionSpec,
  { spec }: Deployment,
): Refusal[] {
  if (strategy === 'experiment' || !baseline || podTarget(spec?.template ?? {}, metricsPort)) return [];
  return [
    {
      code: 'baseline',
      message: `\`baseline: true\` needs the pods' own counters, but the pods of Deployment/${workload} do not declare a metrics port.`,
      hint: 'Set `metrics_port`, or the annotations prometheus.io/scrape: "true" and prometheus.io/port on the pods.',
    },
  ];
}

/**
 * The copy of stable: behind stable's Services, with their users. In an experiment it has Services of its
 * own.
 */
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

/**
 * The autoscaler of the workload. While the canary takes all users it sees no load, so it would scale stable
 * down just before they return.
 */
function autoscalerOf(spec: PromotionSpec, { autoscalers }: Inventory): { name: string } | undefined {
  const found = autoscalerFor(spec.workload, autoscalers);
  return found && { name: found.metadata?.name ?? '' };
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
    canary: canaryName(spec.workload, 63),
    containers: chosen.names,
    from: chosen.from,
    to: spec.image,
    label: anyLabel(deployment),
    ...(router ? { router: router.name } : {}),
    services: [],
    routes: [],
    steps: spec.steps,
    ...(spec.firstContact && spec.strategy === 'canary' ? { firstContact: spec.firstContact } : {}),
    finish: spec.finish,
    settleMs: spec.settleMs,
    drainMs: spec.drainMs,
    timeoutMs: spec.timeoutMs,
    ...(spec.requireEvidence ? { requireEvidence: true } : {}),
    ...(spec.steer && spec.strategy === 'canary' ? { steer: spec.steer } : {}),
  };
}

/** Any label of the pods, for a plan that splits nothing. */
function anyLabel(deployment: Deployment): SplitLabel {
  const labels = { ...deployment.spec?.template.metadata?.labels, ...deployment.spec?.selector.matchLabels };
  const [key = '', stable = ''] = Object.entries(labels)[0] ?? [];
  return { key, stable, canary: canaryName(stable, 63) };
}
