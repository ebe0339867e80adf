import type { Deployment } from 'kubernetes-types/apps/v1';
import { podTarget } from '../../../../analysis/source/pod-metrics.ts';
import type { Refusal } from '../../../../errors.ts';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import type { RoutePair, ServicePair } from '../../../../traffic/split.ts';
import type { Inventory } from '../inventory.ts';
import type { PromotionSpec } from '../spec.ts';

/** What the settings ask of the router, although it cannot do that. */
export function beyondAbility({ steps, steer }: PromotionSpec, { name, ability }: TrafficRouter): Refusal[] {
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

/** Why requests cannot be copied to the canary as the settings ask. */
export function mirrorRefusals(
  { namespace, workload, mirror }: PromotionSpec,
  {
    router,
    services,
    routes,
  }: { router: TrafficRouter; services: ServicePair[]; routes: readonly RoutePair[] },
  inventory: Inventory,
): Refusal[] {
  if (!mirror || routes.length === 0) return [];
  if ('why' in router.mirror) {
    const { why, instead } = router.mirror;
    return [
      {
        code: 'mirror-requests',
        message: `\`mirror_requests\` is set, but the router "${router.name}" cannot copy requests to the canary: ${why}`,
        hint: `Remove \`mirror_requests\`. ${instead}`,
      },
    ];
  }
  return router.mirror.refusals({ namespace, workload, services, routes, mirror }, inventory.routes);
}

/**
 * A refusal if the pods of a baseline have no counters of their own. They are behind stable's Services, so
 * only these counters distinguish them from stable.
 */
export function uncountable(
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
