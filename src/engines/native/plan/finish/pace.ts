import type { Deployment } from 'kubernetes-types/apps/v1';
import type { TrafficRouter } from '../../../../traffic/router.ts';
import type { TrafficSplit } from '../../../../traffic/split.ts';
import { isOurs, type SplitLabel } from '../../../../workload/canary-copy.ts';
import { canaryName, nameWith } from '../../../../workload/names.ts';
import { selects } from '../../../../workload/relations.ts';
import type { Pace } from '../../../../workload/rolling/pace.ts';
import type { Inventory } from '../inventory.ts';
import { type Plan, splitOf, type TakenOut } from '../plan.ts';
import type { PromotionSpec } from '../spec.ts';

/**
 * Pods that come at once, of all pods. A Deployment rounds a surge up, so up to 25 pods come one by one. A router
 * that tries three pods for a request finds one that answers, as long as few of them end at once.
 */
const SURGE = '4%';
/** The setting `settle` as it is by default: the time of the slowest router. A longer one is meant. */
const DEFAULT_SETTLE_MS = 4_000;
/** Kubernetes compares whole seconds, so a pod may count as ready for up to one second longer than it was. */
const ROUNDING_S = 1;

/**
 * A pod is out of its Services for so long at least. The fastest routers follow within a tenth of a second, but on a machine with ten times the
 * work that it can do, one of 2,980 requests still met a pod of Envoy Gateway that had left a second before.
 */
const LEAST_OUT_MS = 2_000;

/** How fast stable may be rolled behind its router, and how its pods leave their Services. */
export function paceFor(
  plan: Plan,
  router: TrafficRouter,
  deployment: Deployment,
  inventory: Inventory,
  settleMs: number,
): NonNullable<Plan['pace']> {
  const pace = paceBehind(router, splitOf(plan), inventory, settleMs);
  const services = plan.services.map(({ stable }) => stable);
  const isOwn = deployment.spec?.selector.matchLabels?.[plan.label.key] !== undefined;
  // a pod that leaves a Service without leaving its ReplicaSet would not be replaced in time
  return isOwn && inventory.takesOut ? { ...pace, out: outOf(plan.label, services, pace) } : pace;
}

/** The value of a pod that is to end is one that no Service and no workload has. */
function outOf(
  { key, stable }: Pick<SplitLabel, 'key' | 'stable'>,
  services: string[],
  pace: Pace,
): TakenOut {
  return {
    key,
    value: nameWith(stable, 'leaving', 63),
    services,
    afterMs: Math.max(LEAST_OUT_MS, (pace.readySeconds - ROUNDING_S) * 1000),
  };
}

export function paceBehind(
  router: TrafficRouter,
  split: TrafficSplit,
  { routes }: Pick<Inventory, 'routes'>,
  settleMs: number,
): Pace {
  const { followsPodsWithinMs } = router.timing(split, routes);
  const ms = Math.max(followsPodsWithinMs, settleMs > DEFAULT_SETTLE_MS ? settleMs : 0);
  return { readySeconds: Math.ceil(ms / 1000) + ROUNDING_S, surge: SURGE };
}

/** Warns if no router tries a refused request elsewhere, so that a pod that ends loses some at any pace. */
export function unretried(
  router: TrafficRouter,
  plan: Plan,
  { routes }: Pick<Inventory, 'routes'>,
): string[] {
  if (!plan.pace || plan.pace.out || router.retriesRefused(splitOf(plan), routes)) return [];
  return [
    `The router "${router.name}" sends a request that a pod refuses to no other pod, so an app that drops its requests at SIGTERM loses some for each pod of stable. \`drone-promote rbac\` prints the rights with which a pod leaves its Services before it ends. \`finish: shift\` loses none, and needs room for a second full set of pods.`,
  ];
}

/**
 * The same if nothing is split: behind the slowest router whose routes send to the workload, with a label that all of
 * its Services select by. Undefined if no route sends to it, so that nobody has to follow.
 */
export function paceOfAll(
  { namespace, workload, settleMs }: PromotionSpec,
  deployment: Deployment,
  inventory: Inventory,
  routers: readonly TrafficRouter[],
): Partial<Pick<Plan, 'pace' | 'label'>> | undefined {
  const labels = deployment.spec?.template.metadata?.labels ?? {};
  const selecting = inventory.services.filter((service) => !isOurs(service) && selects(service, labels));
  const services = selecting.map(({ metadata }) => metadata?.name ?? '');
  const sends = (router: TrafficRouter) => {
    const behind = router.backends(inventory.routes);
    return services.some((name) => behind.has(name));
  };
  const paces = routers.filter(sends).map((router) => {
    const { routes } = router.discover({ workload, services, insists: true }, inventory.routes);
    return paceBehind(router, { namespace, workload, services: [], routes }, inventory, settleMs);
  });
  const [pace] = paces.sort((a, b) => b.readySeconds - a.readySeconds);
  if (!pace) return undefined;
  const [key, stable = ''] =
    Object.entries(deployment.spec?.selector.matchLabels ?? {}).find(([name]) =>
      selecting.every(({ spec }) => spec?.selector?.[name] !== undefined),
    ) ?? [];
  if (key === undefined || !inventory.takesOut) return { pace };
  const label = { key, stable, canary: canaryName(stable, 63) };
  return { label, pace: { ...pace, out: outOf(label, services, pace) } };
}
